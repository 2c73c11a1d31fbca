// Bundles the page (or, with --tests, its tests) into dist/.
import { build } from "esbuild";
import { cp, mkdir, rm } from "node:fs/promises";

if (process.argv.includes("--tests")) {
  await rm("dist/tests", { recursive: true, force: true });
  await build({
    entryPoints: ["tests/vectors.test.ts", "tests/words.test.ts"],
    bundle: true, platform: "node", format: "esm", outdir: "dist/tests", outExtension: { ".js": ".mjs" },
  });
} else {
  await rm("dist/site", { recursive: true, force: true });
  await mkdir("dist/site", { recursive: true });
  // Browsers that have Ed25519 in WebCrypto are at least this new.
  await build({
    entryPoints: ["src/page/page.ts"],
    bundle: true, minify: true, sourcemap: true, format: "esm", target: ["chrome113", "firefox129", "safari17"], outdir: "dist/site",
  });
  await cp("static", "dist/site", { recursive: true });
}
