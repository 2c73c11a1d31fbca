/** The only scripts that this page may start: its own worker and its own service worker (Trusted Types). */

const OWN = [WORKER_FILE, "sw.js"];

interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** The name stands in the page's policy, which allows no other. */
const policy = (globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy("own-scripts", {
  createScriptURL(url) {
    if (!OWN.includes(url)) throw new TypeError(`not a script of this page: ${url}`);
    return url;
  },
});

/** The address of one of them, as the browser wants it. */
export function ownScript(name: string): string {
  return policy ? policy.createScriptURL(name) : name;
}
