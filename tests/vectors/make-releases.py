#!/usr/bin/env python3
"""Makes releases.json from docs/format.md alone: it shares no code with the project. Needs `pip install cryptography`.

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


class Key:
    def __init__(self, name: str):
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.x = b64(self.private.public_key().public_bytes_raw())
        jwk = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % self.x
        self.kid = b64(hashlib.sha256(jwk.encode()).digest())

    def sign(self, header: dict, payload, raw_payload: str | None = None) -> str:
        text = raw_payload if raw_payload is not None else json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        signed = b64(json.dumps(header, separators=(",", ":")).encode()) + "." + b64(text.encode())
        return signed + "." + b64(self.private.sign(signed.encode()))


def jti(name: str) -> str:
    return b64(hashlib.sha256(name.encode()).digest()[:16])


ROOT, SECOND, PORTAL, STRANGER = (Key(f"release vectors: {n}") for n in ("root", "second root", "portal", "stranger"))


def delegation(by=ROOT, to=PORTAL, typ="signing-key+jwt", nbf=NOW - DAY, exp=NOW + DAY, **scope) -> str:
    claims = {
        "jti": jti("delegation"), "iat": NOW - DAY, "iss": "Acme", "sub": "portal", "nbf": nbf, "exp": exp,
        "cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": to.x}},
        "scope": {"types": ["release"], "products": ["acme-cad"], "max_days": None} | scope,
    }
    return by.sign({"alg": "EdDSA", "typ": typ, "kid": by.kid}, claims)


def revocations(*kids: str) -> str:
    revoked = [{"kid": kid, "compromised": True} for kid in kids]
    claims = {"jti": jti("revocations"), "iat": NOW, "iss": "Acme", "seq": 1, "revoked": revoked}
    return ROOT.sign({"alg": "EdDSA", "typ": "revocations+jwt", "kid": ROOT.kid}, claims)


def file(name="acme-cad-2.1.0.tar.gz", **more) -> dict:
    return {"name": name, "size": 1234, "sha256": b64(hashlib.sha256(name.encode()).digest())} | more


def claims(**more) -> dict:
    base = {
        "iss": "Acme", "aud": "acme-cad", "jti": jti("release"), "iat": NOW, "version": "2.1.0", "channel": "stable",
        "files": [file(), file("acme-cad-2.1.0.exe", size=0)],
    } | more
    return {name: value for name, value in base.items() if value is not ABSENT}


ABSENT = object()


def release(by=ROOT, header=None, raw=None, **more) -> str:
    head = {"alg": "EdDSA", "typ": "release+jwt", "kid": by.kid} | (header or {})
    return by.sign({name: value for name, value in head.items() if value is not ABSENT}, claims(**more), raw)


def delegated(chain: str, **more) -> str:
    return release(by=PORTAL, header={"chain": chain}, **more)


def activation(chain: str) -> str:
    """A response of another type, under the same key."""
    payload = {
        "iss": "Acme", "aud": "acme-cad", "jti": jti("activation"), "iat": NOW,
        "req": {"jti": jti("request"), "hash": b64(hashlib.sha256(b"request").digest())},
        "cnf": {"jkt": STRANGER.kid}, "exp": NOW + DAY,
        "bind": {"strategy": "fuzzy", "fingerprint": {"cpu": jti("cpu")}},
        "grant": {"expires_at": NOW + DAY, "entitlements": {}, "license": {"id": jti("license")}},
    }
    return PORTAL.sign({"alg": "EdDSA", "typ": "activation-response+jwt", "kid": PORTAL.kid, "chain": chain}, payload)


def flip(token: str, part: int) -> str:
    parts = token.split(".")
    data = bytearray(base64.urlsafe_b64decode(parts[part] + "=="))
    data[len(data) // 2] ^= 1
    return ".".join(parts[:part] + [b64(bytes(data))] + parts[part + 1:])


def flip_version(token: str) -> str:
    """One digit of the version changed, the signature kept."""
    header, payload, signature = token.split(".")
    text = base64.urlsafe_b64decode(payload + "==")
    assert text.count(b'"2.1.0"') == 1
    return ".".join([header, b64(text.replace(b'"2.1.0"', b'"2.1.1"')), signature])


CASES = []


def case(name: str, verdict: str, token: str, expect: str = "release+jwt") -> None:
    CASES.append({"name": name, "expect": expect, "token": token, "verdict": verdict})


def bad_claim(name: str, **more) -> None:
    case(name, "bad-claim", release(**more))


case("valid release by a root", "ok", release())
case("valid release by the second root", "ok", release(by=SECOND))
case("valid release by a delegated key", "ok", delegated(delegation()))
case("valid release, whatever it is", "ok", release(), "any")
case("chain given though the signer is a root", "ok", release(header={"chain": delegation()}))
case("a release where a response is wanted", "wrong-type", release(), "response")
case("a release where a request is wanted", "wrong-type", release(), "request")
case("a response where a release is wanted", "wrong-type", activation(delegation(types=["activation"])))
case("a delegation where a release is wanted", "wrong-type", delegation())

case("scope without release", "out-of-scope", delegated(delegation(types=["activation", "deactivation", "trial"])))
case("scope of no type", "out-of-scope", delegated(delegation(types=[])))
case("scope with a type that nobody knows beside release", "ok", delegated(delegation(types=["future", "release"])))
case("scope with a type that nobody knows alone", "out-of-scope", delegated(delegation(types=["future"])))
case("scope with release in capitals", "out-of-scope", delegated(delegation(types=["Release"])))
case("an activation under a scope that names release and the unknown too", "ok",
     activation(delegation(types=["release", "future", "activation"])), "response")
case("an activation under a scope for releases alone", "out-of-scope", activation(delegation()), "response")
case("a perpetual release under max_days", "ok", delegated(delegation(max_days=1)))
case("all products", "ok", delegated(delegation(products=["*"])))
case("other product", "out-of-scope", delegated(delegation(products=["acme-cam"])))
case("product prefix is no match", "out-of-scope", delegated(delegation(products=["acme"])))
case("signed before nbf", "out-of-scope", delegated(delegation(nbf=NOW + 1)))
case("signed at nbf", "ok", delegated(delegation(nbf=NOW)))
case("signed a second before exp", "ok", delegated(delegation(exp=NOW + 1)))
case("signed at exp", "out-of-scope", delegated(delegation(exp=NOW)))

case("unknown signer, no chain", "untrusted-key", release(by=STRANGER))
case("delegated key without its chain", "untrusted-key", release(by=PORTAL))
case("self-made delegation", "untrusted-key", delegated(delegation(by=PORTAL)))
case("delegation by a key that is no root", "untrusted-key", delegated(delegation(by=STRANGER)))
case("chain names another key", "bad-chain", delegated(delegation(to=STRANGER)))
case("chain of the wrong type", "bad-chain", delegated(release()))
case("chain tampered", "bad-chain", delegated(flip(delegation(), 1)))
case("signer revoked by the list it carries", "revoked-key",
     release(by=PORTAL, header={"chain": delegation(), "revocations": revocations(PORTAL.kid)}))
case("another key revoked", "ok",
     release(by=PORTAL, header={"chain": delegation(), "revocations": revocations(STRANGER.kid)}))
case("revocation list not by a root", "untrusted-key",
     release(header={"revocations": STRANGER.sign({"alg": "EdDSA", "typ": "revocations+jwt", "kid": STRANGER.kid}, {})}))

case("bit flipped in payload", "bad-signature", flip_version(release()))
case("bit flipped in signature", "bad-signature", flip(release(), 2))
case("kid missing", "bad-header", release(header={"kid": ABSENT}))
case("jwk in the header", "bad-header", release(header={"jwk": {"kty": "OKP", "crv": "Ed25519", "x": ROOT.x}}))
case("crit header", "bad-header", release(header={"crit": ["exp"]}))
case("alg none", "wrong-alg", release(header={"alg": "none"}))
case("typ release", "unknown-type", release(header={"typ": "release"}))
case("duplicate member in a file", "bad-json", release(raw=json.dumps(claims()).replace('"size"', '"size": 1, "size"', 1)))

case("unknown claims are ignored", "ok", release(more="x", files=[file(mode="x")]))
for gone in ("iss", "aud", "jti", "iat", "version", "channel", "files"):
    bad_claim(f"{gone} missing", **{gone: ABSENT})
bad_claim("jti short", jti="AAAA")
bad_claim("iat a float", iat=NOW + 0.5)
bad_claim("iat beyond 2^53", iat=2**53)
bad_claim("aud with upper case", aud="Acme-CAD")
bad_claim("iss a number", iss=1)

case("version of 64 characters", "ok", release(version="1" * 64))
case("version of all kinds of characters", "ok", release(version="1.0.0-rc.1+build_7"))
bad_claim("version of 65 characters", version="1" * 65)
bad_claim("version empty", version="")
bad_claim("version with a blank", version="2.1 0")
bad_claim("version with a slash", version="2/1")
bad_claim("version begins with a full stop", version=".1")
bad_claim("version with a line break at the end", version="2.1.0\n")
bad_claim("version a number", version=2)
case("channel of 32 characters", "ok", release(channel="c" * 32))
bad_claim("channel of 33 characters", channel="c" * 33)
bad_claim("channel with upper case", channel="Stable")
bad_claim("channel with an underscore", channel="long_term")
bad_claim("channel empty", channel="")

case("50 files", "ok", release(files=[file(f"f{n}") for n in range(50)]))
bad_claim("51 files", files=[file(f"f{n}") for n in range(51)])
bad_claim("no file", files=[])
bad_claim("files an object", files=file())
bad_claim("files an array of strings", files=["a"])
bad_claim("a file named twice", files=[file("a"), file("b"), file("a")])
bad_claim("a file named twice, by case", files=[file("Setup.exe"), file("setup.EXE")])
case("name of 96 characters", "ok", release(files=[file("n" * 96)]))
bad_claim("name of 97 characters", files=[file("n" * 97)])
for words, name in {
    "empty": "", "with a slash": "a/b", "with a backslash": "a\\b", "that leads up": "../a", "that is two full stops": "..",
    "hidden": ".bashrc", "that is an option": "-rf", "with a blank": "a b", "with a quote": 'a"b', "with a line break": "a\nb",
    "with a line break at the end": "a\n", "with a null": "a\u0000", "that ends with a full stop": "a.", "with a colon": "c:a",
    "beyond ASCII": "é.exe", "written from right to left": "a\u202egpj.exe", "with a percent sign": "a%2fb",
}.items():
    bad_claim(f"name {words}", files=[file(name)])
bad_claim("name missing", files=[{"size": 1, "sha256": file()["sha256"]}])
case("size 0", "ok", release(files=[file(size=0)]))
case("size 2^53-1", "ok", release(files=[file(size=2**53 - 1)]))
bad_claim("size 2^53", files=[file(size=2**53)])
bad_claim("size negative", files=[file(size=-1)])
bad_claim("size a float", files=[file(size=1.0)])
bad_claim("size a string", files=[file(size="1")])
bad_claim("size missing", files=[{"name": "a", "sha256": file()["sha256"]}])
bad_claim("sha256 in hex", files=[file(sha256=hashlib.sha256(b"").hexdigest())])
bad_claim("sha256 padded", files=[file(sha256=file()["sha256"] + "=")])
bad_claim("sha256 with trailing bits", files=[file(sha256="A" * 42 + "B")])
bad_claim("sha256 of 31 bytes", files=[file(sha256=b64(bytes(31)))])
bad_claim("sha256 missing", files=[{"name": "a", "size": 1}])

vectors = {"roots": {key.kid: key.x for key in (ROOT, SECOND)}, "cases": CASES}
path = pathlib.Path(__file__).with_name("releases.json")
path.write_text(json.dumps(vectors, indent=1, ensure_ascii=True) + "\n")
print(f"{path}: {len(CASES)} cases")
