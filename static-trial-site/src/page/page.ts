/** The trial page: takes a request in, shows what it is and what will be sent, asks the portal, checks the answer. */

import { FormatError } from "../format/error";
import { MAX_FILE, readFile } from "../format/file";
import { checkInstall } from "../format/install";
import { canVerify } from "../format/key";
import { type Request, verifyRequest } from "../format/request";
import { Unverified, isResponse, withArticle } from "../format/token";
import { type Config, ConfigError, readConfig } from "./config";
import { askForTrial } from "./portal";
import { button, card, date, download, element, facts, problem, safeName } from "./view";
import { type Words, ofFormat } from "./words";

const out = byId("out");

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id} in the page`);
  return found;
}

/** Replaces a part of the page and moves the focus to its heading. */
function show(place: HTMLElement, part: HTMLElement): void {
  place.replaceChildren(part);
  part.querySelector("h2")?.focus();
  part.scrollIntoView({ block: "nearest" });
}

async function start(): Promise<void> {
  if (!(await canVerify())) {
    show(out, problem({
      title: "This browser cannot check signatures",
      text: "It has no Ed25519, or the page was not opened over HTTPS.",
      next: "Open this page in a current Chrome, Edge, Firefox or Safari.",
      again: false, code: "no-ed25519",
    }));
    return;
  }
  let config: Config;
  try {
    const answer = await fetch("config.json", { cache: "no-cache" });
    if (!answer.ok) throw new ConfigError(`it could not be read (status ${answer.status})`);
    config = await readConfig(await answer.json());
  } catch (error) {
    const why = error instanceof ConfigError ? error.message : "it could not be read, or is not JSON";
    show(out, problem({
      title: "This page is not set up",
      text: `Its config.json is not right: ${why}.`,
      next: "Tell the vendor. Your request file is not affected.",
      again: false, code: "bad-config",
    }));
    return;
  }
  open(config);
}

/** Names the vendor and product, and takes requests from now on. */
function open(config: Config): void {
  const title = `Start your trial of ${config.productName}`;
  document.title = `${title} · ${config.vendor}`;
  byId("title").textContent = title;
  byId("vendor").textContent = config.vendor;
  if (config.support !== undefined) {
    byId("support").append("Help: ", element("a", { href: `mailto:${config.support}` }, config.support));
  }
  byId("bring").hidden = false;

  const take = (files: FileList | null | undefined): void => {
    out.replaceChildren();
    for (const file of files ?? []) {
      // More than a file may have is read no further than that: it is refused for its size.
      void file.slice(0, MAX_FILE + 1).arrayBuffer().then((bytes) => bring(config, new Uint8Array(bytes), file.name));
    }
  };
  const input = byId("file") as HTMLInputElement;
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("over");
  });
  document.addEventListener("dragleave", () => document.body.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    take(event.dataTransfer?.files);
  });
  const paste = byId("paste") as HTMLTextAreaElement;
  paste.addEventListener("input", () => {
    const text = paste.value;
    if (text.trim() === "") return;
    paste.value = "";
    out.replaceChildren();
    void bring(config, new TextEncoder().encode(text), "the pasted text");
  });
  takeFragment(config);
  window.addEventListener("hashchange", () => takeFragment(config));
}

/** A link may carry the request after `#`, which browsers do not send to the web server. */
function takeFragment(config: Config): void {
  // Tokens need no escapes; what some program escaped all the same is named by the reader.
  const text = location.hash.slice(1);
  if (text === "") return;
  history.replaceState(null, "", location.pathname + location.search);
  out.replaceChildren();
  void bring(config, new TextEncoder().encode(text), "the link");
}

/** Says what arrived, before anything is sent. */
async function bring(config: Config, bytes: Uint8Array, from: string): Promise<void> {
  const place = element("div", {});
  out.append(place);
  const code = element("p", { class: "code" }, `From ${from}`);
  try {
    const token = await readFile(bytes);
    const { type } = Unverified.decode(token);
    if (isResponse(type)) {
      show(place, card("", "This is already a response", element("p", {}, "Carry it back to the machine that made the request and install it there."), code));
      return;
    }
    const request = await verifyRequest(token, "request");
    if (type !== "trial-request+jwt") {
      const where = element("a", { href: `${config.portal}/activate` }, `${config.portal}/activate`);
      const text = element("p", {}, "It does not belong here. Take it to the vendor's portal: ", where);
      show(place, card("", `This is ${withArticle(type)}`, text, code));
      return;
    }
    if (request.product !== config.product) {
      throw new FormatError("wrong-product", `this asks for a trial of ${request.product}, and this page gives trials of ${config.product}`);
    }
    review(config, place, request);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    show(place, problem(ofFormat(error, "request"), code));
  }
}

function machineName(request: Request): string {
  return request.deviceName ?? "the machine";
}

function machineFacts(request: Request): [string, string | undefined][] {
  return [
    ["Machine", request.deviceName],
    ["Platform", request.platform],
    ["App version", request.appVersion],
    ["Made", `${date(request.issuedAt)}, by that machine's clock`],
  ];
}

function review(config: Config, place: HTMLElement, request: Request): void {
  const send = button("Get the trial", () => void ask(config, place, request, send));
  show(place, card(
    "", `A trial of ${config.productName} for ${machineName(request)}`,
    facts(machineFacts(request)),
    element("p", {}, `This request is sent to ${config.portal}, and nothing else: the machine's name, platform and hashed components are in it, no files and no serial numbers.`),
    send,
  ));
}

async function ask(config: Config, place: HTMLElement, request: Request, send: HTMLElement): Promise<void> {
  send.setAttribute("disabled", "");
  send.textContent = "Asking the portal…";
  const reply = await askForTrial(config.portal, request.token);
  if ("words" in reply) {
    fail(config, place, request, reply.words);
    return;
  }
  try {
    await give(config, place, request, reply.file);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    fail(config, place, request, ofFormat(error, "answer"));
  }
}

/** Offers the response, once it has passed every check that the machine will make. */
async function give(config: Config, place: HTMLElement, request: Request, file: string): Promise<void> {
  const token = await readFile(new TextEncoder().encode(file));
  const machine = {
    roots: config.roots, product: config.product, device: request.device,
    fingerprint: request.fingerprint ?? new Map<string, string>(),
    requests: new Map([[request.id, request.hash]]),
    revoked: new Set<string>(), deactivated: new Set<string>(),
  };
  const response = await checkInstall(machine, token, "trial-response+jwt", Math.floor(Date.now() / 1000));
  const { granted } = response;
  const end = granted?.expiresAt ?? null;
  const name = `${safeName(request.deviceName ?? request.product)}.response`;
  const text = element("textarea", { readonly: "", rows: "6", "aria-label": "The response as text" }) as HTMLTextAreaElement;
  text.value = file;
  const copy = button("Copy as text", () => {
    void navigator.clipboard.writeText(file).then(
      () => { copy.textContent = "Copied"; },
      () => { text.closest("details")?.setAttribute("open", ""); text.select(); },
    );
  }, "quiet");
  const steps = [
    `Save ${name} on a stick, or send it to where the machine is.`,
    `On ${machineName(request)}, open the app's license page and install the file.`,
    "It fits that machine only, and can be installed as often as needed.",
  ].map((step) => element("li", {}, step));
  show(place, card(
    "ok", `The trial for ${machineName(request)} is ready`,
    facts([
      ["Runs until", end === null ? "without an end" : date(end)],
      ["Install before", granted && date(granted.importBy)],
      ["Signed by", response.issuer],
    ]),
    element("p", {}, "The answer was checked here against the vendor's key."),
    download(name, file), copy,
    element("h3", {}, "Now carry this back"),
    element("ol", {}, ...steps),
    element("details", {}, element("summary", {}, "Show as text"), text),
  ));
}

/** Says what went wrong; the request stays, to be tried again or sent to support. */
function fail(config: Config, place: HTMLElement, request: Request, words: Words): void {
  const again = words.again ? button("Try again", () => review(config, place, request)) : undefined;
  const body = `Hello,\n\nI asked for a trial of ${config.productName} for ${machineName(request)}.\n${words.title}: ${words.text} (code ${words.code})\n\nThe request:\n\n${request.token}\n`;
  const subject = `Trial of ${config.productName} for ${machineName(request)}`;
  const mail = config.support === undefined ? undefined : element(
    "a",
    { class: "button quiet", href: `mailto:${config.support}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}` },
    "Mail it to support",
  );
  const kept = element("textarea", { readonly: "", rows: "4", "aria-label": "Your request" }) as HTMLTextAreaElement;
  kept.value = request.token;
  show(place, problem(words, again, mail, element("details", {}, element("summary", {}, "Your request"), kept)));
}

void start();
