#!/usr/bin/env python3
"""Makes checkpoints.json from docs/format.md alone: it shares no code with the project. Needs `pip install cryptography`.

tokens: `audit-checkpoint+jwt`, the roots that a verifier is configured with, and the verdict.
logs: the lines of an audit log with the hash of each, and a checkpoint of its last entry.
The keys come from fixed seeds, so it always writes the same file: run it and `git diff` shows what changed.
"""

import base64
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOW = 1_790_000_000
DAY = 86_400


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest())


def compact(value) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Key:
    def __init__(self, name: str):
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"checkpoint vectors: {name}".encode()).digest())
        self.x = b64(self.private.public_key().public_bytes_raw())
        self.kid = sha('{"crv":"Ed25519","kty":"OKP","x":"%s"}' % self.x)

    def sign(self, header: dict, payload: dict) -> str:
        signed = b64(compact(header).encode()) + "." + b64(compact(payload).encode())
        return signed + "." + b64(self.private.sign(signed.encode()))


ROOT, PORTAL, STRANGER = Key("root"), Key("portal"), Key("stranger")
LOG = b64(hashlib.sha256(b"log").digest()[:16])


def delegation(by=ROOT, types=("activation", "audit-checkpoint"), **more) -> str:
    claims = {
        "jti": LOG, "iat": NOW - DAY, "iss": "Acme", "sub": "portal", "nbf": NOW - DAY, "exp": NOW + DAY,
        "cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": PORTAL.x}},
        "scope": {"types": list(types), "products": ["acme-cad"], "max_days": 1},
    } | more
    return by.sign({"alg": "EdDSA", "typ": "signing-key+jwt", "kid": by.kid}, claims)


def checkpoint(by=PORTAL, chain=None, header=None, without=None, **more) -> str:
    claims = {"iss": "Acme", "iat": NOW, "log": LOG, "n": 7, "hash": sha("line 7")} | more
    claims.pop(without, None)
    head = {"alg": "EdDSA", "typ": "audit-checkpoint+jwt", "kid": by.kid} | ({} if chain is None else {"chain": chain}) | (header or {})
    return by.sign(head, claims)


TOKENS, PLAIN = [], delegation()
NUMBERED = delegation(serial=3)


def case(name: str, verdict: str, token: str) -> None:
    TOKENS.append({"name": name, "token": token, "verdict": verdict})


def bound(chain: str) -> dict:
    return {"delegation": {"hash": sha(chain)}}


case("by a delegated key", "ok", checkpoint(chain=PLAIN))
case("by the root", "ok", checkpoint(ROOT))
case("of no entry yet", "ok", checkpoint(chain=PLAIN, n=0))
case("with a claim of later", "ok", checkpoint(chain=PLAIN, more={"x": 1}))
case("under a delegation with a serial", "ok", checkpoint(chain=NUMBERED, **bound(NUMBERED)))
case("under a delegation with a serial, unnamed", "bad-chain", checkpoint(chain=NUMBERED))
case("under another delegation than it names", "bad-chain", checkpoint(chain=NUMBERED, **bound(PLAIN)))
case("by a key that is not delegated", "untrusted-key", checkpoint(STRANGER))
case("by a delegated key without its chain", "untrusted-key", checkpoint())
case("by a stranger with the portal's chain", "bad-chain", checkpoint(STRANGER, chain=PLAIN))
case("with a chain by a stranger", "untrusted-key", checkpoint(chain=delegation(by=STRANGER)))
case("by a key for activations alone", "out-of-scope", checkpoint(chain=delegation(types=["activation", "trial", "deactivation", "release", "time-reset"])))
case("by a key before its time", "out-of-scope", checkpoint(chain=PLAIN, iat=NOW - DAY - 1))
case("by a key after its time", "out-of-scope", checkpoint(chain=PLAIN, iat=NOW + DAY))
case("signature of another", "bad-signature", checkpoint(chain=PLAIN).rpartition(".")[0] + "." + checkpoint(chain=PLAIN, n=8).rpartition(".")[2])
case("a header member that does not belong", "bad-header", checkpoint(chain=PLAIN, header={"jwk": {}}))
for gone in ["iss", "iat", "log", "n", "hash"]:
    case(f"without {gone}", "bad-claim", checkpoint(chain=PLAIN, without=gone))
for words, value in {"negative": -1, "a float": 1.5, "text": "7", "null": None, "2^53": 2**53}.items():
    case(f"n {words}", "bad-claim", checkpoint(chain=PLAIN, n=value))
case("a log id that is too short", "bad-claim", checkpoint(chain=PLAIN, log=LOG[:-1]))
case("a hash that is padded", "bad-claim", checkpoint(chain=PLAIN, hash=sha("line 7") + "="))

lines, prev = [compact({"log": LOG, "v": 1, "made": NOW - DAY, "prev": ""})], None
for n, (detail, organization) in enumerate([("", None), ('"quoted" \\ / \u00fc \u2028 \u007f', LOG), ("line\nbreak\ttab\u0001", None), ("\U0001f512", None)], 1):
    lines.append(compact({
        "n": n, "seq": n + 5, "at": NOW + n, "prev": sha(lines[-1]), "actor": "portal", "action": "test.write", "subject": str(n), "detail": detail,
        "organization": organization,
    }))
log = {
    "name": "four entries", "lines": lines, "hashes": [sha(line) for line in lines],
    "checkpoint": checkpoint(chain=PLAIN, n=len(lines) - 1, hash=sha(lines[-1])),
}

names = [one["name"] for one in TOKENS]
assert len(set(names)) == len(names)
path = pathlib.Path(__file__).with_name("checkpoints.json")
path.write_text(json.dumps({"roots": {ROOT.kid: ROOT.x}, "cases": TOKENS, "logs": [log]}, indent=1, ensure_ascii=True) + "\n")
print(f"{path}: {len(TOKENS)} tokens")
