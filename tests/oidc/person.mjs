// Somebody at a browser who goes through a provider's pages: its login, its consent. Usage: node person.mjs URL LOGIN PORTAL
// Prints the address at the portal with which they come back. Whom the person's browser trusts is not what is tried here.
import { Agent, request as ask } from "node:https";

const [start, login, portal] = process.argv.slice(2);
const agent = new Agent({ rejectUnauthorized: false });
const jar = new Map();

function go(url, body) {
  return new Promise((done, failed) => {
    const headers = { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
    if (body !== undefined) headers["content-type"] = "application/x-www-form-urlencoded";
    const sent = ask(url, { method: body === undefined ? "GET" : "POST", headers, agent }, (answer) => {
      for (const text of answer.headers["set-cookie"] ?? []) {
        const [name, value] = text.split(";")[0].split(/=(.*)/s);
        if (value === "") jar.delete(name); else jar.set(name, value);
      }
      let page = "";
      answer.on("data", (chunk) => { page += chunk; });
      answer.on("end", () => done({ page, location: answer.headers.location }));
    });
    sent.on("error", failed);
    sent.end(body);
  });
}

let url = new URL(start);
let answer = await go(url);
for (let steps = 0; steps < 20; steps += 1) {
  if (answer.location !== undefined) {
    url = new URL(answer.location, url);
    if (url.href.startsWith(portal)) {
      console.log(url.href.slice(portal.length));
      process.exit(0);
    }
    answer = await go(url);
  } else {
    const action = /action="([^"]*)"/.exec(answer.page);
    if (action === null) throw new Error(answer.page);
    url = new URL(action[1], url);
    const prompt = answer.page.includes('name="login"') ? "login" : "consent";
    answer = await go(url, new URLSearchParams({ prompt, login, password: "anything" }).toString());
  }
}
throw new Error("the provider sends the browser round and round");
