// Bundles the page into dist/site; with --tests its tests, for Node and for a browser, into dist/tests.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";

// What the page needs besides Ed25519, for which there is a library: dialogs, private members, colours that mix.
const target = ["chrome111", "firefox113", "safari16.4"];
const tags = (await readdir("languages")).map((name) => basename(name, ".json")).filter((tag) => tag !== "en").sort();

/** `import … from "languages"`: English with the page, each other file of `languages/` as a chunk of its own. */
const languages = {
  name: "languages",
  setup(page) {
    page.onResolve({ filter: /^languages$/ }, () => ({ path: "languages", namespace: "languages" }));
    page.onLoad({ filter: /.*/, namespace: "languages" }, () => ({
      resolveDir: "languages",
      contents: `export { default as english } from "./en.json";
        export const others = { ${tags.map((tag) => `${tag}: () => import("./${tag}.json")`).join(", ")} };`,
    }));
  },
};

const common = { bundle: true, format: "esm", charset: "utf8", plugins: [languages], legalComments: "none" };
if (process.argv.includes("--tests")) await buildTests();
else await buildSite();

async function buildTests() {
  await rm("dist/tests", { recursive: true, force: true });
  const entryPoints = (await readdir("tests")).filter((name) => name.endsWith(".test.ts")).map((name) => `tests/${name}`);
  const define = { WORKER_FILE: '"worker.js"' };
  await build({ ...common, entryPoints, define, platform: "node", outdir: "dist/tests", outExtension: { ".js": ".mjs" } });
  // The vectors once more, to be run by a browser.
  await build({ ...common, entryPoints: ["tests/browser.ts"], define, platform: "browser", target, outdir: "dist/tests/browser" });
}

async function buildSite() {
  const site = "dist/site";
  await rm(site, { recursive: true, force: true });
  await mkdir(site, { recursive: true });
  const options = { ...common, minify: true, target, outdir: site, metafile: true, entryNames: "[name]-[hash]", chunkNames: "[name]-[hash]" };
  const workerFile = output(await build({ ...options, format: "iife", entryPoints: ["src/page/worker.ts"] }));
  const built = await build({ ...options, splitting: true, entryPoints: ["src/page/page.ts"], define: { WORKER_FILE: JSON.stringify(workerFile) } });
  const pageFile = output(built);
  await cp("static/icon.svg", `${site}/icon.svg`);
  await cp("static/config.json", `${site}/config.json`);
  await writeFile(`${site}/index.html`, await index(pageFile));

  // Stored for offline use in every browser. What only some need - other languages, the library where there is no Ed25519 -
  // is stored by those that have loaded it. The folder stands for index.html; config.json is the vendor's.
  const some = new RegExp(`^(config\\.json$|library-|(${tags.join("|")})-)`);
  const files = (await readdir(site)).filter((name) => !some.test(name)).sort();
  const hash = createHash("sha256");
  for (const name of files) hash.update(name).update(await readFile(`${site}/${name}`));
  const listed = files.map((name) => (name === "index.html" ? "./" : name));
  const define = { FILES: JSON.stringify(listed), VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)) };
  await build({ ...options, format: "iife", entryPoints: ["src/page/sw.ts"], entryNames: "[name]", define });
}

/** The name of the file that an entry point became. */
function output(result) {
  return basename(Object.entries(result.metafile.outputs).find(([, { entryPoint }]) => entryPoint?.startsWith("src/page/"))[0]);
}

/** index.html with English words, the style sheet, and the hash that lets it be inline: the first paint needs nothing else. */
async function index(pageFile) {
  const css = await readFile("static/page.css", "utf8");
  const { outputFiles } = await build({ stdin: { contents: css, loader: "css" }, minify: true, target, write: false });
  const style = outputFiles[0].text.trim();
  const words = JSON.parse(await readFile("languages/en.json", "utf8"));
  const values = {
    ...words,
    STYLE: style,
    STYLE_HASH: `sha256-${createHash("sha256").update(style).digest("base64")}`,
    PAGE_FILE: pageFile,
    NOSCRIPT: (await Promise.all(["en", ...tags].map(withoutScript))).join(""),
  };
  const html = await readFile("static/index.html", "utf8");
  return html.replace(/%([A-Za-z0-9_.-]+)%/g, (_, name) => {
    if (!(name in values)) throw new Error(`index.html wants ${name}, which is nowhere`);
    return name === "STYLE" || name === "NOSCRIPT" ? values[name] : escape(values[name]);
  });
}

/** Who has no JavaScript is told so in every language: it takes a script to know which one. */
async function withoutScript(tag) {
  const words = JSON.parse(await readFile(`languages/${tag}.json`, "utf8"));
  return `<section class="card problem" lang="${tag}"><h2>${escape(words["page.noscript-title"])}</h2><p>${escape(words["page.noscript"])}</p></section>`;
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
