// Hostile strings: the public collections where COUNTERSIGN_CORPORA names their folder, and a handful of our own.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What is tried in any case. Whatever of it runs shows a dialog, asks a foreign host, or changes `canary`. */
export const BUILT_IN = [
  `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'-alert(1)-'`, `<svg onload=alert(1)>`, `javascript:alert(1)`,
  `</textarea><script>alert(1)</script>`, `</title><script>alert(1)</script>`, `{{7*7}}`, `\${alert(1)}`, `<a href="javascript:alert(1)">x</a>`,
  `<iframe srcdoc="<script>alert(1)</script>">`, `<style>*{background:url(//evil.example)}</style>`, `--><script>alert(1)</script>`,
  `&lt;script&gt;alert(1)&lt;/script&gt;`, `\u202Etxt.exe`, `=cmd|' /C calc'!A0`, `<base href="//evil.example">`, `<meta http-equiv=refresh content="0;url=//evil.example">`,
  `"autofocus onfocus="canary='taken'`, `<b onmouseover=canary='taken'>x`, `<img src=//evil.example/x>`, `</main><h1>Log in again</h1>`,
];

const BUILT_IN_PATHS = [
  "../../../../{FILE}", "..\\..\\..\\{FILE}", "%2e%2e%2f%2e%2e%2f{FILE}", "..%2f..%2f{FILE}", "..%5c..%5c{FILE}", "%252e%252e%252f{FILE}",
  "....//....//{FILE}", "..%c0%af..%c0%af{FILE}", "/{FILE}", "//{FILE}", "C:\\{FILE}", "..;/..;/{FILE}", "{FILE}%00.response", ".", "..", "%2e%2e",
];

const folder = process.env.COUNTERSIGN_CORPORA;
const have = folder !== undefined && existsSync(folder);
if (!have) {
  console.log(`# COUNTERSIGN_CORPORA names no folder: only ${BUILT_IN.length} built-in payloads and ${BUILT_IN_PATHS.length} paths are tried`);
}

const json = (name) => (have ? JSON.parse(readFileSync(join(folder, name), "utf8")) : []);

/** Markup that runs where it is not escaped. */
export const PAYLOADS = [...BUILT_IN, ...json("xss-payloads.json").map((entry) => (typeof entry === "string" ? entry : entry.payload ?? entry.dirty ?? JSON.stringify(entry)))];

/** Those, and strings that are naughty in other ways. */
export const STRINGS = [...PAYLOADS, ...json("blns.json")].filter((text) => typeof text === "string" && text.trim() !== "");

/** On one line, without control characters, at most `longest` characters: what fields for names take. */
export function names(longest, strings = STRINGS) {
  const cut = (text) => [...text.replaceAll(/\p{Cc}/gu, " ").trim()].slice(0, longest).join("");
  return [...new Set(strings.map(cut))].filter((text) => text.trim() !== "");
}

/** Ways out of a folder, to `file`. */
export function ways(file) {
  const lines = have ? readFileSync(join(folder, "path-traversal.txt"), "utf8").split("\n") : [];
  const all = [...BUILT_IN_PATHS, ...lines.map((line) => line.trim())].filter((line) => line !== "");
  return [...new Set(all)].map((line) => line.replaceAll("{FILE}", file));
}
