/** Every word stands in every language file, and nowhere else. */

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { FormatError, ADVICE, type Code } from "../src/format/error";
import { type Failure, ofBrought } from "../src/page/failure";
import { ofProblem } from "../src/page/portal";
import { counted, t } from "../src/page/words";

const read = (name: string): Record<string, string> => JSON.parse(readFileSync(`languages/${name}`, "utf8"));
const english = read("en.json");
const names = readdirSync("languages");
const placeholders = (text: string): string[] => (text.match(/\{[^}]*\}/g) ?? []).sort();
const code = readdirSync("src/page").map((name) => [name, readFileSync(`src/page/${name}`, "utf8")] as const);

test("there is English and German", () => {
  assert.ok(names.includes("en.json") && names.includes("de.json"));
});

for (const name of names) {
  test(`${name} has every text, no other one, none empty, with the same values`, () => {
    const words = read(name);
    assert.deepEqual(Object.keys(words), Object.keys(english));
    for (const [key, text] of Object.entries(words)) {
      assert.notEqual(text.trim(), "", key);
      // Which of its values a singular names is the language's own affair.
      if (!key.endsWith(".one")) assert.deepEqual([...new Set(placeholders(text))], [...new Set(placeholders(english[key] ?? ""))], key);
    }
  });

  test(`${name} names nothing twice`, () => {
    const keys = [...readFileSync(`languages/${name}`, "utf8").matchAll(/^ {2}"([^"]+)":/gm)].map(([, key]) => key);
    assert.equal(new Set(keys).size, keys.length);
    assert.equal(keys.length, Object.keys(english).length);
  });
}

test("index.html has no words of its own", () => {
  const body = readFileSync("static/index.html", "utf8").replace(/<!--.*?-->/gs, "");
  const texts = [...body.matchAll(/>([^<]+)</g)].map(([, text]) => (text ?? "").trim()).filter((text) => text !== "");
  for (const text of texts) assert.match(text, /^%[A-Za-z0-9_.-]+%$/);
  for (const [, attribute] of body.matchAll(/(?:alt|title|aria-label|placeholder)="([^"]+)"/g)) assert.match(attribute ?? "", /^%/);
  for (const [, shown, key] of body.matchAll(/data-t="([^"]+)">%([^%]+)%/g)) assert.equal(shown, key);
});

test("the page's code has no words of its own", () => {
  for (const [name, text] of code) {
    const bare = text.replace(/\/\*.*?\*\/|^\s*\/\/.*$/gms, "");
    // What a person reads begins with a capital letter or has blanks between words. What looks so and is read by machines:
    const technical = /^(GET|POST|Content-|Retry-After|Date$|RGBA$|NotAllowedError$|SHA-|Content-Security-Policy$|connect-src 'self'|no #|no canvas$|not a script of this page|too slow$|countersign-trial-|countersign\/|ok result$|large$|carry briefly$|[a-z]+ quiet$|image\/|text\/|application\/|M h v1h|0 0 )/;
    const strings = [...bare.matchAll(/"([^"\n]*)"|`([^`]*)`/g)].map(([, a, b]) => a ?? (b ?? "").replace(/\$\{[^}]*\}/g, ""));
    const words = strings.filter((string) => /[A-Za-z]{2,} [A-Za-z]{2,}|^[A-Z][a-z]+/.test(string) && !technical.test(string));
    assert.deepEqual(words, [], name);
  }
});

test("every text is used", () => {
  const all = `${code.map(([, text]) => text).join("\n")}\n${readFileSync("static/index.html", "utf8")}\n${readFileSync("build.mjs", "utf8")}`;
  // Made of parts: failures and kinds by their stem, and what is wrong with a key.
  const made = /^(fail\.|kind\.|setup\.key\.|wait\.(portal|signing)$|language$)|\.(one|other)$/;
  const unused = Object.keys(english).filter((key) => !made.test(key) && !all.includes(`"${key}"`) && !all.includes(`%${key}%`));
  assert.deepEqual(unused, []);
  const stems = [...new Set(Object.keys(english).flatMap((key) => /^fail\.([^.]+)\./.exec(key)?.[1] ?? []))];
  const unusedStems = stems.filter((stem) => !new RegExp(`"${stem}"`).test(all));
  assert.deepEqual(unusedStems, []);
});

test("every failure has words of its own, and says what to do", () => {
  const problem = (status: number, code: string): Failure => ofProblem(status, { code, detail: "d" }, 7);
  const all = [
    problem(429, "rate-limited"), problem(429, "trial-too-often"), problem(429, "trial-cap-reached"), problem(409, "trial-already-used"), problem(404, "no-trial"),
    problem(422, "bad-claim"), problem(500, ""), ofBrought(new FormatError("bad-signature", "x"), "Acme"),
    ofBrought(new FormatError("untrusted-key", "x"), "Acme"), ofBrought(new FormatError("bad-claim", "x"), "Acme"),
    ofBrought(new FormatError("not-a-token", "x"), "Acme"),
    ofBrought(new FormatError("damaged-file", "x", { how: "part-missing", numbers: { arrived: 640, right: 712 } }), "Acme"),
  ];
  assert.equal(new Set(all.map(({ title }) => title)).size, all.length);
  assert.equal(new Set(all.map(({ text }) => text)).size, all.length);
  for (const { title, text, next } of all) for (const words of [title, text, next]) assert.doesNotMatch(words, /[{}]|^$/);
  assert.match(all.at(-1)?.text ?? "", /640 of 712 characters/);
});

test("every code of the format has words for somebody who brought a file", () => {
  for (const code of Object.keys(ADVICE) as Code[]) {
    const failure = ofBrought(new FormatError(code, "fact"), "Acme");
    assert.equal(failure.code, code);
    assert.ok(failure.title.length > 5 && failure.text.length > 5);
  }
});

test("a portal that asks for a wait is given it, within a day", () => {
  assert.equal(ofProblem(429, { code: "rate-limited" }, 7).wait, 7);
  assert.equal(ofProblem(429, { code: "rate-limited" }, undefined).wait, 60);
  assert.equal(ofProblem(429, { code: "rate-limited" }, 10 ** 9).wait, 86_400);
});

test("numbers have their own forms, and values cannot bring hidden characters in", () => {
  assert.equal(counted("keep.wait", 1), "Try again in 1 second");
  assert.equal(counted("keep.wait", 7), "Try again in 7 seconds");
  assert.equal(t("result.title", { machine: "lab\u202Etxt.exe" }), "The trial for lab\uFFFDtxt.exe is ready");
  assert.equal(t("result.title", { machine: "{product}" }), "The trial for {product} is ready");
});
