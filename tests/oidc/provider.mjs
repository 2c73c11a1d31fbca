// A certified OpenID Connect provider (oidc-provider) on this machine. Usage: node provider.mjs REDIRECT_URI [claims]
// Whoever types the address of a mailbox as their login is that person; passwords are not asked of anybody. Addresses that
// begin with "unverified" are not verified. "claims" as a second word: the ID token itself carries the claims, too.
// It says where it listens and ends when its input does.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";

import Provider from "oidc-provider";

const [redirectUri, where] = process.argv.slice(2);
const CLIENT = { id: "countersign", secret: "a secret between portal and provider" };

const account = (login) => ({
  accountId: login,
  claims: () => ({
    sub: `subject of ${login}`,
    email: login,
    email_verified: !login.startsWith("unverified"),
    given_name: login.split("@")[0].replace(/^./, (first) => first.toUpperCase()),
    family_name: "of the Directory",
  }),
});

const server = createServer((request, answer) => handler(request, answer));
let handler;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri], token_endpoint_auth_method: "client_secret_basic" }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name", "name"] },
    conformIdTokenClaims: where !== "claims",
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "first", use: "sig", alg: "RS256" }] },
    pkce: { required: () => true },
    findAccount: (_, login) => account(login),
  });
  handler = provider.callback();
  console.log(`listening on http://127.0.0.1:${port}`);
});

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
