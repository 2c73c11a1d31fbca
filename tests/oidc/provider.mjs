// A certified OpenID Connect provider (oidc-provider) on this machine. Usage: node provider.mjs REDIRECT_URI [claims] [alg=ALG] [tls=FOLDER]
// Whoever types the address of a mailbox as their login is that person; passwords are not asked of anybody. Addresses that
// begin with "unverified" are not verified. "claims": the ID token itself carries the claims, too. "alg=": how ID tokens are signed,
// otherwise RS256. "tls=": by HTTPS, with cert.pem and key.pem of this folder.
// It says where it listens and ends when its input does.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { join } from "node:path";

import Provider from "oidc-provider";

const [redirectUri, ...more] = process.argv.slice(2);
const option = (name) => more.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
const [alg, tls] = [option("alg") ?? "RS256", option("tls")];
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

const pair = () => (alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength: 2048 }));
const answering = (request, answer) => handler(request, answer);
const read = (name) => readFileSync(join(tls, name));
const server = tls ? createSecureServer({ cert: read("cert.pem"), key: read("key.pem") }, answering) : createServer(answering);
let handler;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const { privateKey } = pair();
  const issuer = `${tls ? "https" : "http"}://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ id_token_signed_response_alg: alg, client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri], token_endpoint_auth_method: "client_secret_basic" }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name", "name"] },
    conformIdTokenClaims: !more.includes("claims"),
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "first", use: "sig", alg }] },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256", "PS256"] },
    pkce: { required: () => true },
    findAccount: (_, login) => account(login),
  });
  handler = provider.callback();
  console.log(`listening on ${issuer}`);
});

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
