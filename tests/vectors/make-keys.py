#!/usr/bin/env python3
"""Makes keys.json and trust.json from docs/format.md alone: it shares no code with the project. Needs `pip install cryptography`.

keys.json: one token, the roots that a verifier is configured with, and the verdict; the verifier knows nothing else.
trust.json: a machine that has seen something before (rotations, revocation lists, times, requests), and what arrives there.
The keys come from fixed seeds, so it always writes the same files: run it and `git diff` shows what changed.
"""

import base64
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOW = 1_790_000_000
DAY = 86_400
YEAR = 365 * DAY
ABSENT = object()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest())


def jti(name: str) -> str:
    return b64(hashlib.sha256(name.encode()).digest()[:16])


def present(members: dict) -> dict:
    return {name: value for name, value in members.items() if value is not ABSENT}


class Key:
    def __init__(self, name: str):
        seed = hashlib.sha256(f"key vectors: {name}".encode()).digest()
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        self.x = b64(self.private.public_key().public_bytes_raw())
        self.kid = sha('{"crv":"Ed25519","kty":"OKP","x":"%s"}' % self.x)

    @property
    def jwk(self) -> dict:
        return {"kty": "OKP", "crv": "Ed25519", "x": self.x}

    def raw(self, text: str) -> str:
        return b64(self.private.sign(text.encode()))

    def sign(self, header: dict, payload: dict) -> str:
        compact = lambda value: b64(json.dumps(present(value), separators=(",", ":"), ensure_ascii=False).encode())
        signed = compact(header) + "." + compact(payload)
        return signed + "." + self.raw(signed)


ROOTS = [Key(f"root {n}") for n in range(7)]
ROOT = ROOTS[0]
PORTAL, ALICE, STRANGER, THIEF, DEVICE = (Key(n) for n in ("portal", "alice", "stranger", "thief", "device"))
FINGERPRINT = {"cpu": jti("cpu"), "disk": jti("disk"), "machine-id": jti("machine")}
REQUEST = {"jti": jti("request"), "hash": sha("request token")}


def delegation(by=ROOT, to=PORTAL, header=None, cnf=None, **more) -> str:
    scope = {"types": ["activation", "trial", "deactivation", "release", "time-reset"], "products": ["acme-cad"], "max_days": None}
    scope |= more.pop("scope", {})
    claims = {
        "jti": jti("delegation"), "iat": NOW - 30 * DAY, "iss": "Acme", "sub": "portal", "nbf": NOW - 30 * DAY,
        "exp": NOW + 60 * DAY, "cnf": cnf or {"jwk": to.jwk}, "scope": present(scope),
    } | more
    return by.sign({"alg": "EdDSA", "typ": "signing-key+jwt", "kid": by.kid} | (header or {}), claims)


def numbered(serial=1, max_grants=None, **more) -> str:
    scope = more.pop("scope", {}) | ({} if max_grants is None else {"max_grants": max_grants})
    return delegation(serial=serial, scope=scope, **more)


def revocations(*entries, by=ROOT, seq=1, **more) -> str:
    revoked = [e if isinstance(e, dict) else {"kid": e.kid, "compromised": True} for e in entries]
    claims = {"jti": jti("list"), "iat": NOW - DAY, "iss": "Acme", "seq": seq, "revoked": revoked} | more
    return by.sign({"alg": "EdDSA", "typ": "revocations+jwt", "kid": by.kid}, claims)


def entry(key: Key, **more) -> dict:
    return {"kid": key.kid, "compromised": True} | more


def rotation(old: Key, new: Key, seq: int, until=NOW, iat=NOW - DAY, signer=None, prover=None, proven=None, header=None,
             without=None, **more) -> str:
    """`signer` and `prover` are the keys that really sign; `proven` changes what the proof is about; `without` leaves a claim out."""
    about = {"old": old.kid, "new": new.kid, "seq": seq, "iat": iat, "until": until} | (proven or {})
    text = "countersign/root-key/v1:{old}:{new}:{seq}:{iat}:{until}".format(**about)
    claims = {
        "jti": jti(f"rotation {seq}"), "iat": iat, "iss": "Acme", "seq": seq, "until": until, "cnf": {"jwk": new.jwk},
        "proof": (prover or new).raw(text),
    } | more
    claims.pop(without, None)
    return (signer or old).sign({"alg": "EdDSA", "typ": "root-key+jwt", "jwk": old.jwk} | (header or {}), claims)


def line(start=0, end=6, step=10 * DAY, last=NOW - 5 * DAY) -> list[str]:
    """The rotations from root `start` to root `end`; the last one ends at `last`, those before earlier."""
    return [
        rotation(ROOTS[n], ROOTS[n + 1], n + 1, until=last - (5 - n) * step, iat=last - (5 - n) * step - DAY)
        for n in range(start, end)
    ]


def response(by=PORTAL, chain=ABSENT, kind="activation", days=30, claim=ABSENT, count=None, header=None, **more) -> str:
    """`claim`: the delegation token that the claim names; by default none is there."""
    if claim is not ABSENT:
        claim = {"hash": sha(claim)} | ({} if count is None else {"count": count})
    typ = "time-reset+jwt" if kind == "time-reset" else f"{kind}-response+jwt"
    iat = more.get("iat", NOW)
    grant = {"expires_at": None if days is None else iat + days * DAY, "entitlements": {}}
    if kind == "activation":
        grant["license"] = {"id": jti("license")}
    is_grant = kind in ("activation", "trial")
    claims = {
        "iss": "Acme", "aud": "acme-cad", "jti": jti("activation"), "iat": iat, "req": REQUEST, "cnf": {"jkt": DEVICE.kid},
        "exp": iat + 400 * DAY if is_grant else ABSENT,
        "bind": {"strategy": "fuzzy", "fingerprint": FINGERPRINT} if is_grant else ABSENT,
        "grant": grant if is_grant else ABSENT,
        "activation": jti("given up") if kind == "deactivation" else ABSENT,
        "delegation": claim,
    } | more
    return by.sign({"alg": "EdDSA", "typ": typ, "kid": by.kid, "chain": chain} | (header or {}), claims)


def release(by=PORTAL, chain=ABSENT, claim=ABSENT, header=None, **more) -> str:
    claims = {
        "iss": "Acme", "aud": "acme-cad", "jti": jti("release"), "iat": NOW, "version": "2.1.0", "channel": "stable",
        "files": [{"name": "acme-cad.tar.gz", "size": 1234, "sha256": sha("content")}],
        "delegation": ABSENT if claim is ABSENT else {"hash": sha(claim)},
    } | more
    return by.sign({"alg": "EdDSA", "typ": "release+jwt", "kid": by.kid, "chain": chain} | (header or {}), claims)


def flip_signature(token: str) -> str:
    head, _, signature = token.rpartition(".")
    data = bytearray(base64.urlsafe_b64decode(signature + "=="))
    data[7] ^= 1
    return head + "." + b64(bytes(data))


KEYS, TRUST = [], []


def case(name: str, verdict: str, token: str, expect: str = "any", roots=(ROOT,)) -> None:
    KEYS.append({"name": name, "roots": [root.kid for root in roots], "expect": expect, "token": token, "verdict": verdict})


def under(chain: str, count=None, by=PORTAL, **more) -> str:
    """A response that names the delegation it was signed under, as it must."""
    return response(by, chain, claim=chain, count=count, **more)


def carrying(*rotations: str, **header) -> dict:
    return {"rotations": list(rotations)} | header


# --- Delegations with a serial and a number of grants -------------------------------------------------------------------

case("a delegation with a serial", "ok", numbered(), "signing-key+jwt")
case("a delegation with a serial and a limit", "ok", numbered(max_grants=500), "signing-key+jwt")
case("max_grants null is no limit", "ok", delegation(serial=1, scope={"max_grants": None}), "signing-key+jwt")
case("max_grants null without a serial", "ok", delegation(scope={"max_grants": None}), "signing-key+jwt")
case("max_grants without a serial", "bad-claim", delegation(scope={"max_grants": 5}), "signing-key+jwt")
for words, value in {"0": 0, "negative": -1, "a float": 1.5, "text": "1", "null": None, "2^53": 2**53}.items():
    case(f"serial {words}", "bad-claim", delegation(serial=value), "signing-key+jwt")
for words, value in {"0": 0, "negative": -1, "a float": 1.0, "text": "5", "true": True, "2^53": 2**53}.items():
    case(f"max_grants {words}", "bad-claim", delegation(serial=1, scope={"max_grants": value}), "signing-key+jwt")
case("serial 2^53-1", "ok", delegation(serial=2**53 - 1), "signing-key+jwt")
case("a faulty serial in a chain", "bad-chain", under(delegation(serial=0)))

D, WIDE, PLAIN = numbered(max_grants=500), numbered(serial=2), delegation()
case("a grant that names its delegation", "ok", under(numbered()))
case("a receipt that names its delegation", "ok", under(numbered(), kind="deactivation"))
case("a release that names its delegation", "ok", release(chain=numbered(), claim=numbered()))
case("a time reset that names its delegation", "ok", under(numbered(), kind="time-reset"))
case("a grant under a serial that names no delegation", "bad-chain", response(chain=numbered()))
case("a receipt under a serial that names no delegation", "bad-chain", response(chain=numbered(), kind="deactivation"))
case("a release under a serial that names no delegation", "bad-chain", release(chain=numbered()))
case("swapped delegation: the wider one in place of the limited one", "bad-chain", response(chain=WIDE, claim=D, count=7))
case("swapped delegation: one without a serial in place of the limited one", "bad-chain", response(chain=PLAIN, claim=D, count=7))
case("swapped delegation: one with a serial where none was", "bad-chain", response(chain=WIDE))
case("swapped delegation of a release", "bad-chain", release(chain=WIDE, claim=D))
case("swapped delegation of a receipt", "bad-chain", response(chain=WIDE, claim=D, kind="deactivation"))
case("swapped delegation of a time reset", "bad-chain", response(chain=WIDE, claim=D, kind="time-reset"))
case("the delegation taken away, the claim left", "bad-chain", response(ROOT, claim=D, count=7))
case("a root names a delegation that came along", "ok", response(ROOT, chain=D, claim=D, count=7))
case("a root names another delegation than came along", "bad-chain", response(ROOT, chain=PLAIN, claim=D, count=7))
case("without a serial the claim is not needed", "ok", response(chain=PLAIN))
case("without a serial a claim that fits is right", "ok", response(chain=PLAIN, claim=PLAIN))
case("delegation claim a string", "bad-claim", response(chain=D, delegation="x"))
case("delegation claim without a hash", "bad-claim", response(chain=D, delegation={"count": 1}))
case("delegation claim null", "bad-claim", response(chain=PLAIN, delegation=None))

case("grant count 0", "bad-claim", under(D, 0))
case("grant count 1", "ok", under(D, 1))
case("grant count max-1", "ok", under(D, 499))
case("grant count max", "ok", under(D, 500))
case("grant count max+1", "out-of-scope", under(D, 501))
case("trial count max", "ok", under(D, 500, kind="trial"))
case("trial count max+1", "out-of-scope", under(D, 501, kind="trial"))
case("grant count 2^53-1", "out-of-scope", under(D, 2**53 - 1))
case("grant count missing", "bad-claim", under(D))
case("trial count missing", "bad-claim", under(D, kind="trial"))
case("receipt without a count", "ok", under(D, kind="deactivation"))
case("time reset without a count", "ok", under(D, kind="time-reset"))
case("release without a count", "ok", release(chain=D, claim=D))
case("a count over the limit on a receipt is none", "ok", under(D, 501, kind="deactivation"))
case("a count where nothing is limited", "ok", under(numbered(), 501))
for words, value in {"negative": -1, "a float": 1.5, "text": "1", "true": True}.items():
    case(f"grant count {words}", "bad-claim", under(D, value))
case("limit of one grant, the first", "ok", under(numbered(max_grants=1), 1))
case("limit of one grant, the second", "out-of-scope", under(numbered(max_grants=1), 2))

# --- The boundary of each field of a scope: value-1, value, value+1 -----------------------------------------------------

KINDS = {"activation": "activation", "trial": "trial", "deactivation": "deactivation", "time-reset": "time-reset"}
for allowed in [*KINDS, "release"]:
    chain = delegation(scope={"types": [allowed]})
    for kind in KINDS:
        case(f"scope for {allowed} alone: {kind}", "ok" if kind == allowed else "out-of-scope", response(chain=chain, kind=kind))
    case(f"scope for {allowed} alone: release", "ok" if allowed == "release" else "out-of-scope", release(chain=chain))
case("scope for all but time-reset: time-reset", "out-of-scope",
     response(chain=delegation(scope={"types": ["activation", "trial", "deactivation", "release"]}), kind="time-reset"))
case("scope for time-reset in capitals", "out-of-scope", response(chain=delegation(scope={"types": ["Time-Reset"]}), kind="time-reset"))

for words, products, verdict in [
    ("this product", ["acme-cad"], "ok"), ("this among others", ["acme-cam", "acme-cad"], "ok"), ("all", ["*"], "ok"),
    ("none", [], "out-of-scope"), ("another", ["acme-cam"], "out-of-scope"), ("one letter less", ["acme-ca"], "out-of-scope"),
    ("one letter more", ["acme-cadx"], "out-of-scope"), ("a star in front", ["*", "acme-cad"], "bad-chain"),
]:
    case(f"products: {words}", verdict, response(chain=delegation(scope={"products": products})))
    case(f"products, of a time reset: {words}", verdict, response(chain=delegation(scope={"products": products}), kind="time-reset"))

for kind in ("activation", "trial"):
    for words, grant, verdict in [
        ("a second less", {"expires_at": NOW + 30 * DAY - 1}, "ok"), ("exactly", {"expires_at": NOW + 30 * DAY}, "ok"),
        ("a second more", {"expires_at": NOW + 30 * DAY + 1}, "out-of-scope"), ("perpetual", {"expires_at": None}, "out-of-scope"),
    ]:
        grant = grant | {"entitlements": {}, "license": {"id": jti("license")}}
        case(f"max_days 30, {kind}: {words}", verdict, response(chain=delegation(scope={"max_days": 30}), kind=kind, grant=grant))
case("max_days limits no time reset", "ok", response(chain=delegation(scope={"max_days": 1}), kind="time-reset"))

for kind in ("activation", "time-reset"):
    for words, nbf, verdict in [("a second before", NOW + 1, "out-of-scope"), ("at", NOW, "ok"), ("a second after", NOW - 1, "ok")]:
        case(f"{kind} signed {words} nbf", verdict, response(chain=delegation(nbf=nbf), kind=kind))
    for words, exp, verdict in [("a second before", NOW + 1, "ok"), ("at", NOW, "out-of-scope"), ("a second after", NOW - 1, "out-of-scope")]:
        case(f"{kind} signed {words} exp", verdict, response(chain=delegation(exp=exp), kind=kind))

for below, verdict in [(6, "ok"), (7, "ok"), (8, "revoked-key")]:
    chain = numbered(serial=7)
    case(f"serial 7 where those below {below} are revoked", verdict,
         under(chain, header={"revocations": revocations(entry(PORTAL, below=below))}))
    case(f"release, serial 7 where those below {below} are revoked", verdict,
         release(chain=chain, claim=chain, header={"revocations": revocations(entry(PORTAL, below=below))}))
case("no serial where those below 1 are revoked", "revoked-key",
     response(chain=PLAIN, header={"revocations": revocations(entry(PORTAL, below=1))}))
case("serial 7 where the key is revoked as a whole", "revoked-key",
     under(numbered(serial=7), header={"revocations": revocations(entry(PORTAL))}))
case("two entries for one key, the second revokes", "revoked-key",
     under(numbered(serial=7), header={"revocations": revocations(entry(PORTAL, below=3), entry(PORTAL, below=9, compromised=False))}))
for words, value in {"negative": -1, "a float": 7.5, "text": "7", "null": None}.items():
    case(f"below {words}", "bad-claim", revocations(entry(PORTAL, below=value)), "revocations+jwt")
case("below 0 revokes nothing with a serial", "ok",
     under(numbered(serial=1), header={"revocations": revocations(entry(PORTAL, below=0))}))
case("the root of the chain is revoked", "revoked-key",
     response(chain=delegation(by=ROOTS[1]), header={"revocations": revocations(entry(ROOTS[1]))}), roots=(ROOT, ROOTS[1]))

# --- Forged delegations ---------------------------------------------------------------------------------------------------

case("self-made delegation", "untrusted-key", under(numbered(by=PORTAL)))
case("self-made delegation that names the root as its signer", "bad-chain",
     under(PORTAL.sign({"alg": "EdDSA", "typ": "signing-key+jwt", "kid": ROOT.kid}, {"jti": jti("x")})))
case("delegation by a stranger", "untrusted-key", under(numbered(by=STRANGER)))
case("two levels: a delegated key delegates", "untrusted-key", under(numbered(by=PORTAL, to=ALICE), by=ALICE))
case("two levels: the chain carries its own chain", "bad-chain",
     under(numbered(by=PORTAL, to=ALICE, header={"chain": numbered()}), by=ALICE))
case("two levels: a chain of two tokens", "bad-header", under(numbered(by=PORTAL, to=ALICE), by=ALICE, header={"chain": [numbered(), numbered(by=PORTAL, to=ALICE)]}))
case("delegation for another key", "bad-chain", under(numbered(to=ALICE)))
case("delegation for another product", "out-of-scope", under(numbered(scope={"products": ["acme-cam"]})))
case("delegation with its signature changed", "bad-chain", under(flip_signature(numbered())))
case("a rotation in place of the delegation", "bad-chain", under(rotation(ROOT, PORTAL, 1)))
case("revoked key, by the list that came along", "revoked-key", under(numbered(), header={"revocations": revocations(PORTAL)}))

# --- Approvals by a second key ---------------------------------------------------------------------------------------------

BOB, CAROL = Key("bob"), Key("carol")


def demanding(days=30, approved=None, serial=1, **more) -> str:
    """A delegation whose grants of more than `days` need an approval, up to `approved` days."""
    return delegation(serial=serial, scope={"max_days": days, "approved_days": approved} | more.pop("scope", {}), **more)


def approver(to=BOB, **more) -> str:
    return delegation(to=to, sub="bob", scope={"types": ["approval"]} | more.pop("scope", {}), **more)


def approval(of: str, by=BOB, chain=ABSENT, claim=ABSENT, typ=None, hashed=None, header=None, without=None, iat=NOW, **more) -> str:
    """`of`: the token that is approved; `typ` and `hashed` name something else instead; `without` leaves a claim out."""
    head, payload, _ = of.split(".")
    own = json.loads(base64.urlsafe_b64decode(head + "=="))
    digest = b64(hashlib.sha256(base64.urlsafe_b64decode(payload + "==")).digest())
    claims = {
        "jti": jti("approval"), "iat": iat, "iss": "Acme", "approves": {"typ": typ or own["typ"], "hash": hashed or digest},
        "delegation": ABSENT if claim is ABSENT else {"hash": sha(claim)},
    } | more
    claims.pop(without, None)
    return by.sign({"alg": "EdDSA", "typ": "approval+jwt", "kid": by.kid, "chain": chain} | (header or {}), claims)


DEMAND, BOBS = demanding(), approver()


def approved(chain=DEMAND, second=None, days=None, by=PORTAL, header=None, **more) -> str:
    """A grant with an approval: `second` makes it of the same grant without one."""
    claim = more.pop("claim", ABSENT if chain is ABSENT else chain)
    bare = response(by, chain, claim=claim, days=days, **more)
    second = second or (lambda of: approval(of, chain=BOBS))
    return response(by, chain, claim=claim, days=days, header={"approval": second(bare)} | (header or {}), **more)


def asking(device=DEVICE, **more) -> str:
    """An activation request."""
    claims = {
        "jti": jti("asked"), "iat": NOW - DAY, "aud": "acme-cad",
        "device": {"name": "lab-7", "fingerprint": FINGERPRINT}, "license": {"id": jti("license"), "proof": sha("proof")},
    } | more
    return device.sign({"alg": "EdDSA", "typ": "activation-request+jwt", "jwk": device.jwk}, claims)


ASKED = asking()


def proposal(by=PORTAL, chain=DEMAND, request=ASKED, payload=None, typ="activation-response+jwt", header=None, without=None, days=None, **more) -> str:
    answered = {"req": {"jti": jti("asked"), "hash": sha(ASKED)}} | more.pop("claims", {})
    bare = response(by, chain, claim=ABSENT if chain is ABSENT else chain, days=days, **answered)
    claims = {
        "jti": jti("proposal"), "iat": NOW, "iss": "Acme", "request": request,
        "response": {"typ": typ, "payload": payload or bare.split(".")[1]},
    } | more
    claims.pop(without, None)
    return by.sign({"alg": "EdDSA", "typ": "proposal+jwt", "kid": by.kid, "chain": chain} | (header or {}), claims)


case("approved_days null", "ok", DEMAND, "signing-key+jwt")
case("approved_days without a serial", "bad-claim", delegation(scope={"max_days": 30, "approved_days": 31}), "signing-key+jwt")
case("approved_days null without a serial", "bad-claim", delegation(scope={"max_days": 30, "approved_days": None}), "signing-key+jwt")
case("approved_days where max_days is no limit", "bad-claim", demanding(days=None, approved=365), "signing-key+jwt")
case("approved_days null where max_days is no limit", "bad-claim", demanding(days=None), "signing-key+jwt")
for words, value, verdict in [
    ("max_days-1", 29, "bad-claim"), ("max_days", 30, "bad-claim"), ("max_days+1", 31, "ok"), ("2^53-1", 2**53 - 1, "ok"),
    ("2^53", 2**53, "bad-claim"), ("negative", -1, "bad-claim"), ("a float", 365.0, "bad-claim"), ("text", "365", "bad-claim"),
    ("true", True, "bad-claim"), ("a list", ["perpetual"], "bad-claim"),
]:
    case(f"approved_days {words}", verdict, demanding(approved=value), "signing-key+jwt")
case("max_days 0 and approved_days 1", "ok", demanding(days=0, approved=1), "signing-key+jwt")
case("a faulty approved_days in a chain", "bad-chain", under(demanding(approved=30)))

for kind in ("activation", "trial"):
    for words, seconds, alone, both in [
        ("max_days", 30 * DAY, "ok", "ok"), ("a second more than max_days", 30 * DAY + 1, "approval-missing", "ok"),
        ("approved_days", 365 * DAY, "approval-missing", "ok"), ("a second more than approved_days", 365 * DAY + 1, "out-of-scope", "out-of-scope"),
        ("perpetual", None, "out-of-scope", "out-of-scope"),
    ]:
        chain = demanding(approved=365)
        end = None if seconds is None else NOW + seconds
        grant = {"expires_at": end, "entitlements": {}, "license": {"id": jti("license")}}
        case(f"approved_days 365, {kind}, alone: {words}", alone, under(chain, kind=kind, grant=grant))
        case(f"approved_days 365, {kind}, approved: {words}", both, approved(chain, kind=kind, grant=grant))
    case(f"approval missing: a perpetual {kind}", "approval-missing", under(DEMAND, kind=kind, days=None))
    case(f"a perpetual {kind}, approved", "ok", approved(kind=kind))
    case(f"{kind} within max_days needs no approval", "ok", under(DEMAND, kind=kind, days=30))
case("max_days 0: every grant needs an approval", "approval-missing", under(demanding(days=0), days=1))
case("max_days 0: every grant needs an approval, and has one", "ok", approved(demanding(days=0), days=1))
case("a receipt under the demand needs none", "ok", under(DEMAND, kind="deactivation"))
case("a time reset under the demand needs none", "ok", under(DEMAND, kind="time-reset"))
case("a release under the demand needs none", "ok", release(chain=DEMAND, claim=DEMAND))
case("a root needs no approval", "ok", response(ROOT, days=None))
case("where no approval is asked for one that is right does no harm", "ok", approved(numbered()))
case("where the grant is short one that is right does no harm", "ok", approved(days=30))
case("no approval makes up for a delegation without approved_days", "out-of-scope", approved(numbered(scope={"max_days": 30})))

WRONG = lambda of: approval(under(DEMAND, days=60), chain=BOBS)
case("approval of another payload", "approval-wrong", approved(second=WRONG))
case("approval of another payload, where none is needed", "approval-wrong", approved(days=30, second=WRONG))
case("approval of another payload, where a root signed", "approval-wrong", response(ROOT, header={"approval": WRONG("")}))
for words, changed in [
    ("the end", {"grant": {"expires_at": NOW + 999 * DAY, "entitlements": {}, "license": {"id": jti("license")}}}),
    ("a feature", {"grant": {"expires_at": None, "entitlements": {"cad": True}, "license": {"id": jti("license")}}}),
    ("the machine", {"cnf": {"jkt": STRANGER.kid}}), ("the request", {"req": {"jti": jti("other"), "hash": sha("other")}}),
    ("the product", {"aud": "acme-cam"}), ("the id", {"jti": jti("x")}), ("the time of signing", {"iat": NOW + 1}),
    ("the import deadline", {"exp": NOW + 401 * DAY}), ("a claim that is new", {"new": 1}),
]:
    wide = demanding(scope={"products": ["*"]})
    kept = approval(under(wide, days=None), chain=approver(scope={"products": ["*"]}))
    case(f"changed after it was approved: {words}", "approval-wrong", approved(wide, second=lambda of: kept, **changed))
case("changed after it was approved: the delegation", "approval-wrong",
     approved(demanding(serial=2), second=lambda of: approval(under(DEMAND, days=None), chain=BOBS)))
case("approval of the same payload as another type", "approval-wrong", approved(second=lambda of: approval(of, chain=BOBS, typ="trial-response+jwt")))
case("approval of the text instead of the bytes", "approval-wrong", approved(second=lambda of: approval(of, chain=BOBS, hashed=sha(of.split(".")[1]))))
case("approval of the whole token", "approval-wrong", approved(second=lambda of: approval(of, chain=BOBS, hashed=sha(of))))
case("approval by the same key", "approval-wrong",
     approved(second=lambda of: approval(of, by=PORTAL, chain=delegation(scope={"types": ["activation", "approval"]}))))
case("approval by the same key, with the delegation that it signs with", "approval-wrong",
     (lambda both: approved(both, second=lambda of: approval(of, by=PORTAL, chain=both, claim=both)))(
         demanding(scope={"types": ["activation", "approval"]})))
case("a root approves what it signed itself", "approval-wrong", approved(ABSENT, by=ROOT, second=lambda of: approval(of, by=ROOT)))
case("a root approves", "ok", approved(second=lambda of: approval(of, by=ROOT)))
case("a root approves, and sends a chain along", "ok", approved(second=lambda of: approval(of, by=ROOT, chain=BOBS)))
case("another trusted root approves", "ok", approved(second=lambda of: approval(of, by=ROOTS[1])), roots=(ROOT, ROOTS[1]))
case("approval by a root that is not trusted", "untrusted-key", approved(second=lambda of: approval(of, by=ROOTS[1])))
case("approval by a key without a chain", "untrusted-key", approved(second=lambda of: approval(of)))
for words, types in [("activation", ["activation"]), ("all else", ["activation", "trial", "deactivation", "release", "time-reset"]),
                     ("nothing", []), ("Approval in capitals", ["Approval"]), ("approvals", ["approvals"])]:
    case(f"approval by a key with the scope for {words}", "approval-wrong",
         approved(second=lambda of: approval(of, chain=approver(scope={"types": types}))))
case("approval by a key that may sign grants, too", "ok",
     approved(second=lambda of: approval(of, chain=approver(scope={"types": ["activation", "approval"]}))))
case("what the approver itself may grant does not matter", "ok", approved(second=lambda of: approval(of, chain=approver(scope={"max_days": 1}))))
for words, products, verdict in [
    ("this product", ["acme-cad"], "ok"), ("this among others", ["acme-cam", "acme-cad"], "ok"), ("all", ["*"], "ok"),
    ("another product", ["acme-cam"], "approval-wrong"), ("none", [], "approval-wrong"), ("one letter less", ["acme-ca"], "approval-wrong"),
]:
    case(f"approval by a delegation for {words}", verdict, approved(second=lambda of: approval(of, chain=approver(scope={"products": products}))))
for words, nbf, verdict in [("a second before", NOW + 1, "approval-wrong"), ("at", NOW, "ok"), ("a second after", NOW - 1, "ok")]:
    case(f"approved {words} nbf of the approver", verdict, approved(second=lambda of: approval(of, chain=approver(nbf=nbf))))
for words, exp, verdict in [("a second before", NOW + 1, "ok"), ("at", NOW, "approval-wrong"), ("a second after", NOW - 1, "approval-wrong")]:
    case(f"approved {words} exp of the approver", verdict, approved(second=lambda of: approval(of, chain=approver(exp=exp))))
case("approved after the grant was proposed, the approver's time begun meanwhile", "ok",
     approved(second=lambda of: approval(of, chain=approver(nbf=NOW + DAY), iat=NOW + DAY)))

case("revoked approver, by the list that came along", "revoked-key", approved(header={"revocations": revocations(BOB)}))
case("retired approver, by the list that came along", "revoked-key", approved(header={"revocations": revocations(entry(BOB, compromised=False))}))
case("a list that names somebody else", "ok", approved(header={"revocations": revocations(CAROL)}))
for below, verdict in [(6, "ok"), (7, "ok"), (8, "revoked-key")]:
    seventh = approver(serial=7)
    case(f"approver with serial 7 where those below {below} are revoked", verdict,
         approved(second=lambda of: approval(of, chain=seventh, claim=seventh), header={"revocations": revocations(entry(BOB, below=below))}))
case("the approver under a serial that names its delegation", "ok",
     (lambda own: approved(second=lambda of: approval(of, chain=own, claim=own)))(approver(serial=3)))
case("the approver under a serial that names no delegation", "approval-wrong", approved(second=lambda of: approval(of, chain=approver(serial=3))))
case("swapped delegation of the approver", "approval-wrong",
     approved(second=lambda of: approval(of, chain=approver(serial=4), claim=approver(serial=3))))

case("self-made approval: the signer delegates to a key of his own", "untrusted-key",
     approved(second=lambda of: approval(of, by=THIEF, chain=approver(to=THIEF, by=PORTAL))))
case("self-made approval: the key delegates to itself", "untrusted-key", approved(second=lambda of: approval(of, by=THIEF, chain=approver(to=THIEF, by=THIEF))))
case("self-made approval in the approver's name", "approval-wrong",
     approved(second=lambda of: THIEF.sign({"alg": "EdDSA", "typ": "approval+jwt", "kid": BOB.kid, "chain": BOBS},
                                           {"jti": jti("x"), "iat": NOW, "iss": "Acme", "approves": {"typ": "activation-response+jwt", "hash": sha("x")}})))
case("two levels: the approver delegates", "untrusted-key", approved(second=lambda of: approval(of, by=CAROL, chain=approver(to=CAROL, by=BOB))))
case("two levels: the approver's chain carries its own chain", "approval-wrong",
     approved(second=lambda of: approval(of, by=CAROL, chain=approver(to=CAROL, by=BOB, header={"chain": BOBS}))))
case("the approver's delegation is for another key", "approval-wrong", approved(second=lambda of: approval(of, by=CAROL, chain=BOBS)))
case("the approver's delegation with its signature changed", "approval-wrong", approved(second=lambda of: approval(of, chain=flip_signature(BOBS))))
case("the approval with its signature changed", "approval-wrong", approved(second=lambda of: flip_signature(approval(of, chain=BOBS))))
case("unsigned approval", "approval-wrong", approved(second=lambda of: approval(of, chain=BOBS).rpartition(".")[0] + "."))
for words, junk in [("a letter", "x"), ("a full stop", "."), ("a fourth part", ".eA"), ("a blank", " "), ("a line", "\n"), ("a padding", "==")]:
    case(f"trailing junk behind the approval: {words}", "approval-wrong", approved(second=lambda of: approval(of, chain=BOBS) + junk))
case("an approval of an approval", "approval-wrong", approved(second=lambda of: approval(of, chain=BOBS, header={"approval": approval(of, chain=BOBS)})))
case("an approval with a revocation list", "approval-wrong", approved(second=lambda of: approval(of, chain=BOBS, header={"revocations": revocations()})))
case("an approval with rotations", "approval-wrong", approved(second=lambda of: approval(of, chain=BOBS, header={"rotations": [rotation(ROOT, ROOTS[1], 1)]})))
case("the grant itself in place of the approval", "approval-wrong", approved(second=lambda of: of))
case("the approver's delegation in place of the approval", "approval-wrong", approved(second=lambda of: BOBS))
case("a proposal in place of the approval", "approval-wrong", approved(second=lambda of: proposal()))
case("an empty approval", "approval-wrong", approved(second=lambda of: ""))
for words, value in {"null": None, "a list": [approval(response(), chain=BOBS)], "true": True}.items():
    case(f"approval {words}", "bad-header", response(chain=DEMAND, claim=DEMAND, days=None, header={"approval": value}))
for gone in ("jti", "iat", "iss", "approves"):
    case(f"approval without {gone}", "approval-wrong", approved(second=lambda of: approval(of, chain=BOBS, without=gone)))
    case(f"approval alone, without {gone}", "bad-claim", approval(response(), chain=BOBS, without=gone), "approval+jwt")
for words, value in [("text", "x"), ("without a hash", {"typ": "activation-response+jwt"}), ("without a type", {"hash": sha("x")}),
                     ("a short hash", {"typ": "activation-response+jwt", "hash": jti("x")})]:
    case(f"approves {words}", "bad-claim", approval(response(), chain=BOBS, approves=value), "approval+jwt")
for typ in ("deactivation-response+jwt", "time-reset+jwt", "release+jwt", "signing-key+jwt", "approval+jwt", "no such type"):
    case(f"approval of a {typ}", "bad-claim", approval(response(), chain=BOBS, typ=typ), "approval+jwt")
PLAINLY = approval(response(), chain=BOBS)
case("approval alone", "ok", PLAINLY, "approval+jwt")
case("approval alone, by a root", "ok", approval(response(), by=ROOT), "approval+jwt")
case("approval alone, by a stranger", "untrusted-key", approval(response(), by=STRANGER), "approval+jwt")
case("approval alone, without the scope", "out-of-scope", approval(response(), chain=approver(scope={"types": ["activation"]})), "approval+jwt")
case("approval alone, after the end", "out-of-scope", approval(response(), chain=approver(exp=NOW)), "approval+jwt")
case("approval alone, changed", "bad-signature", flip_signature(PLAINLY), "approval+jwt")
case("an approval where a response is wanted", "wrong-type", PLAINLY, "response")
case("an approval where an activation is wanted", "wrong-type", PLAINLY, "activation-response+jwt")
case("a delegation for approvals signs no grant", "out-of-scope", response(BOB, BOBS))
case("a delegation for approvals signs no release", "out-of-scope", release(BOB, BOBS))

A = approval(response(), chain=BOBS)
for kind in ("deactivation", "time-reset"):
    case(f"an approval in the header of a {kind}", "bad-header", under(DEMAND, kind=kind, header={"approval": A}))
case("an approval in the header of a release", "bad-header", release(chain=DEMAND, claim=DEMAND, header={"approval": A}))
case("an approval in the header of a delegation", "bad-header", delegation(header={"approval": A}))

COUNTED = demanding(scope={"max_grants": 5})
case("numbered grants: one that is approved has no number", "ok", approved(COUNTED))
case("numbered grants: the number of one that is approved changes nothing", "ok",
     approved(COUNTED, claim=ABSENT, delegation={"hash": sha(COUNTED), "count": 6}))
case("numbered grants: number 0 is none, approved or not", "bad-claim", approved(COUNTED, claim=ABSENT, delegation={"hash": sha(COUNTED), "count": 0}))
case("numbered grants: a long one without an approval", "approval-missing", under(COUNTED, 1, days=None))
case("numbered grants: a short one without a number", "bad-claim", under(COUNTED, days=30))
case("numbered grants: a short one over the number, approved", "out-of-scope",
     approved(COUNTED, days=30, claim=ABSENT, delegation={"hash": sha(COUNTED), "count": 6}))

# --- Proposals --------------------------------------------------------------------------------------------------------------

case("a proposal", "ok", proposal(), "proposal+jwt")
case("a proposal by a root", "ok", proposal(ROOT, ABSENT), "proposal+jwt")
case("a proposal of what needs no approval", "ok", proposal(days=30), "proposal+jwt")
case("a proposal by a stranger", "untrusted-key", proposal(STRANGER, ABSENT), "proposal+jwt")
case("a proposal changed on the way", "bad-signature", flip_signature(proposal()), "proposal+jwt")
case("a proposal that no approval helps", "out-of-scope", proposal(chain=demanding(approved=365)), "proposal+jwt")
case("a proposal for another product than the scope", "out-of-scope", proposal(chain=demanding(scope={"products": ["acme-cam"]})), "proposal+jwt")
case("a proposal that names another delegation than came along", "bad-chain", proposal(header={"chain": demanding(serial=2)}), "proposal+jwt")
for words, claims in [
    ("request", {"req": {"jti": jti("asked"), "hash": sha("x")}}), ("request's id", {"req": {"jti": jti("x"), "hash": sha(ASKED)}}),
    ("device", {"cnf": {"jkt": STRANGER.kid}}), ("machine", {"bind": {"strategy": "fuzzy", "fingerprint": {"cpu": jti("x")}}}),
    ("machine, one part left out", {"bind": {"strategy": "fuzzy", "fingerprint": {"cpu": jti("cpu")}}}),
]:
    case(f"a proposal for another {words} than asked", "bad-claim", proposal(claims=claims), "proposal+jwt")
case("a proposal for another product than asked", "bad-claim",
     proposal(chain=demanding(scope={"products": ["*"]}), claims={"aud": "acme-cam"}), "proposal+jwt")
case("a proposal with a request that somebody changed", "bad-signature", proposal(request=flip_signature(ASKED)), "proposal+jwt")
case("a proposal with something else than a request", "wrong-type", proposal(request=PLAIN), "proposal+jwt")
for gone in ("jti", "iat", "iss", "request", "response"):
    case(f"a proposal without {gone}", "bad-claim", proposal(without=gone), "proposal+jwt")
for typ in ("deactivation-response+jwt", "time-reset+jwt", "no such type"):
    case(f"a proposal of a {typ}", "bad-claim", proposal(typ=typ), "proposal+jwt")
case("a proposed payload that is not base64url", "bad-claim", proposal(payload="e30="), "proposal+jwt")
case("a proposed payload that is not JSON", "bad-json", proposal(payload=b64(b"{")), "proposal+jwt")
case("a proposed payload with a member twice", "bad-json", proposal(payload=b64(b'{"iss":"a","iss":"b"}')), "proposal+jwt")
case("a proposed payload that says nothing", "bad-claim", proposal(payload=b64(b"{}")), "proposal+jwt")
case("a proposal with an approval in its header", "bad-header", proposal(header={"approval": A}), "proposal+jwt")
case("a proposal where a response is wanted", "wrong-type", proposal(), "response")

# --- Rotations: one token -------------------------------------------------------------------------------------------------

R1, R2 = ROOTS[1], ROOTS[2]
good = rotation(ROOT, R1, 1)
case("rotation by the trusted root", "ok", good, "root-key+jwt")
case("rotation to the trusted root", "ok", good, "root-key+jwt", roots=(R1,))
case("rotation where both roots are trusted", "ok", good, "root-key+jwt", roots=(ROOT, R1))
case("rotation by a stranger", "untrusted-key", rotation(STRANGER, R1, 1), "root-key+jwt")
case("rotation by a delegated key", "untrusted-key", rotation(PORTAL, THIEF, 1), "root-key+jwt")
case("rotation of other roots", "untrusted-key", rotation(R1, R2, 2), "root-key+jwt")
case("unsigned rotation", "bad-signature", good.rpartition(".")[0] + ".", "root-key+jwt")
case("rotation with its signature changed", "bad-signature", flip_signature(good), "root-key+jwt")
case("rotation signed by the new root in the old one's name", "bad-signature", rotation(ROOT, THIEF, 1, signer=THIEF), "root-key+jwt")
case("rotation that the new root has not vouched for", "bad-signature", rotation(ROOT, R1, 1, prover=THIEF), "root-key+jwt")
case("rotation that the old root vouches for itself", "bad-signature", rotation(ROOT, R1, 1, prover=ROOT), "root-key+jwt")
case("proof for another new root", "bad-signature", rotation(ROOT, R1, 1, proven={"new": R2.kid}), "root-key+jwt")
case("proof for another old root", "bad-signature", rotation(ROOT, R1, 1, proven={"old": R2.kid}), "root-key+jwt")
case("proof for another number", "bad-signature", rotation(ROOT, R1, 1, proven={"seq": 2}), "root-key+jwt")
case("proof for another end", "bad-signature", rotation(ROOT, R1, 1, proven={"until": NOW + 1}), "root-key+jwt")
case("proof for another time of signing", "bad-signature", rotation(ROOT, R1, 1, proven={"iat": NOW}), "root-key+jwt")
case("rotation to itself", "bad-claim", rotation(ROOT, ROOT, 1), "root-key+jwt")
case("rotation with a kid instead of the key", "bad-header", rotation(ROOT, R1, 1, header={"jwk": ABSENT, "kid": ROOT.kid}), "root-key+jwt")
case("rotation with a kid beside the key", "bad-header", rotation(ROOT, R1, 1, header={"kid": ROOT.kid}), "root-key+jwt")
case("rotation with a chain", "bad-header", rotation(ROOT, R1, 1, header={"chain": PLAIN}), "root-key+jwt")
case("rotation that carries a private half", "bad-header", rotation(ROOT, R1, 1, header={"jwk": ROOT.jwk | {"d": "x"}}), "root-key+jwt")
for gone in ("jti", "iat", "iss", "seq", "until", "cnf", "proof"):
    case(f"rotation without {gone}", "bad-claim", rotation(ROOT, R1, 1, without=gone), "root-key+jwt")
case("rotation number 0", "bad-claim", rotation(ROOT, R1, 0), "root-key+jwt")
case("rotation number 2^53-1", "ok", rotation(ROOT, R1, 2**53 - 1), "root-key+jwt")
case("rotation number 2^53", "bad-claim", rotation(ROOT, R1, 2**53), "root-key+jwt")
case("proof too short", "bad-claim", rotation(ROOT, R1, 1, proof=R1.raw("x")[:40]), "root-key+jwt")
case("proof padded", "bad-claim", rotation(ROOT, R1, 1, proof=R1.raw("x") + "=="), "root-key+jwt")
case("a rotation where a response is wanted", "wrong-type", good, "response")
case("a time reset where a release is wanted", "wrong-type", response(ROOT, kind="time-reset"), "release+jwt")
case("a time reset where a response is wanted", "ok", response(ROOT, kind="time-reset"), "response")
case("a time reset where an activation is wanted", "wrong-type", response(ROOT, kind="time-reset"), "activation-response+jwt")
case("a time reset without its request", "bad-claim", response(ROOT, kind="time-reset", req=ABSENT))
case("a time reset without its device", "bad-claim", response(ROOT, kind="time-reset", cnf=ABSENT))

# --- Rotations inside responses and releases --------------------------------------------------------------------------------

def of_root(n: int, *rotations: str, iat=NOW, since=None, **more) -> str:
    """A response by a key that root `n` delegated to, with rotations."""
    chain = delegation(by=ROOTS[n], iat=since or iat - DAY, nbf=iat - 30 * DAY)
    return response(chain=chain, iat=iat, header=carrying(*rotations) if rotations else None, **more)


LINE = line()
case("a response of the next root with its rotation", "ok", of_root(1, LINE[0]))
case("a response of the next root without its rotation", "untrusted-key", of_root(1))
case("a release of the next root with its rotation", "ok", release(chain=delegation(by=R1), header=carrying(LINE[0])))
case("a response by the next root itself", "ok", response(R1, header=carrying(LINE[0])))
for behind in range(6):
    case(f"five rotations in one response, {behind} of them new", "ok", of_root(6, *LINE[1:]), roots=(ROOTS[6 - behind],))
case("five rotations in one release, all new", "ok", release(chain=delegation(by=ROOTS[6]), header=carrying(*LINE[1:])), roots=(R1,))
case("five rotations in one response, known to nobody", "untrusted-key", of_root(6, *LINE[1:]))
case("rotations with a gap", "bad-chain", of_root(4, LINE[0], LINE[2], LINE[3]))
case("rotations in falling order", "bad-chain", of_root(2, LINE[1], LINE[0]))
case("rotations with a number left out", "bad-chain", of_root(2, LINE[0], rotation(R1, R2, 3)))
case("the same rotation twice", "bad-chain", of_root(1, LINE[0], LINE[0]))
case("a number twice", "bad-chain", of_root(1, LINE[0], rotation(ROOT, R2, 1)))
case("a faulty rotation among good ones", "bad-signature", of_root(2, LINE[0], flip_signature(LINE[1])))
case("an unsigned rotation in a response", "bad-signature", of_root(1, LINE[0].rpartition(".")[0] + "."))
case("a stranger's rotation in a response", "untrusted-key", of_root(1, rotation(STRANGER, R1, 1)))
case("a stranger's rotation in a response of the trusted root", "untrusted-key", of_root(0, rotation(STRANGER, THIEF, 1)))
case("a rotation for another root than signed", "untrusted-key", of_root(2, LINE[0]))
case("a delegation in place of a rotation", "wrong-type", of_root(1, PLAIN))
case("rotations empty", "bad-header", response(ROOT, header={"rotations": []}))
case("rotations a string", "bad-header", response(ROOT, header={"rotations": good}))
case("rotations of something else than tokens", "bad-header", response(ROOT, header={"rotations": [1]}))
case("rotations null", "bad-header", response(ROOT, header={"rotations": None}))
case("17 rotations", "bad-header", response(ROOT, header={"rotations": ["x"] * 17}))
case("16 rotations that are none", "not-a-token", response(ROOT, header={"rotations": ["x"] * 16}))
case("rotations in a revocation list", "bad-header",
     ROOT.sign({"alg": "EdDSA", "typ": "revocations+jwt", "kid": ROOT.kid, "rotations": [good]}, {"jti": jti("l"), "iat": NOW, "iss": "Acme", "seq": 1, "revoked": []}))
case("rotations in a delegation", "bad-header", delegation(header={"rotations": [good]}))

until = lambda at: rotation(ROOT, R1, 1, until=at, iat=NOW - 20 * DAY)
for words, at, verdict in [("a second before", NOW + 1, "ok"), ("at", NOW, "retired-key"), ("a second after", NOW - 1, "retired-key")]:
    case(f"by the old root itself, signed {words} its end", verdict, response(ROOT, header=carrying(until(at))))
    case(f"under the old root, signed {words} its end", verdict, of_root(0, until(at), since=NOW - 25 * DAY))
    case(f"release under the old root, signed {words} its end", verdict, release(chain=PLAIN, header=carrying(until(at))))
    case(f"by a former root, signed {words} its end", verdict, response(ROOT, header=carrying(until(at))), roots=(R1,))
    case(f"delegation made by the old root {words} its end", verdict,
         response(iat=NOW - DAY, chain=delegation(iat=NOW), header=carrying(until(at))))
    case(f"revocation list made by the old root {words} its end", verdict,
         response(chain=delegation(by=R1), header=carrying(until(at), revocations=revocations(STRANGER, iat=NOW))))
case("the old root revokes its successor", "ok",
     response(R1, header=carrying(until(NOW + DAY), revocations=revocations(R1, iat=NOW - DAY))))
case("the new root revokes its predecessor", "revoked-key",
     response(chain=PLAIN, header=carrying(until(NOW + DAY), revocations=revocations(ROOT, by=R1))))
case("the old root revokes a key of its successor", "revoked-key",
     response(chain=delegation(by=R1), header=carrying(until(NOW + DAY), revocations=revocations(PORTAL, iat=NOW - DAY))))
case("a rotation to a root that had been replaced by then", "retired-key",
     response(R2, header=carrying(rotation(ROOT, R1, 1, until=NOW, iat=NOW), rotation(R1, R2, 2, until=NOW, iat=NOW))))

case("the approver hangs on the next root", "ok", approved(second=lambda of: approval(of, chain=approver(by=R1)), header=carrying(until(NOW + DAY))))
case("the approver hangs on the next root, whose rotation is not there", "untrusted-key", approved(second=lambda of: approval(of, chain=approver(by=R1))))
case("the next root approves", "ok", approved(second=lambda of: approval(of, by=R1), header=carrying(until(NOW + DAY))))
for words, at, verdict in [("a second before", NOW + 1, "ok"), ("at", NOW, "retired-key"), ("a second after", NOW - 1, "retired-key")]:
    chain = demanding(by=R1)
    case(f"approved under the old root {words} its end", verdict, approved(chain, header=carrying(until(at))))
    case(f"approved by the old root {words} its end", verdict, approved(chain, second=lambda of: approval(of, by=ROOT), header=carrying(until(at))))
    case(f"the approver's delegation made by the old root {words} its end", verdict,
         approved(chain, second=lambda of: approval(of, chain=approver(iat=NOW), iat=NOW - DAY), header=carrying(until(at))))
case("the root of the approver is revoked", "revoked-key",
     approved(second=lambda of: approval(of, chain=approver(by=R1)), header={"revocations": revocations(entry(R1))}), roots=(ROOT, R1))

# --- A machine with a memory ------------------------------------------------------------------------------------------------


def machine(name: str, verdict: str, token: str, *, roots=(ROOT,), rotations=(), lists=(), signed=0, now=NOW, made_at=NOW - DAY,
            may_reset=True, warnings=None, learns=None) -> None:
    TRUST.append({
        "name": name, "roots": [root.kid for root in roots], "rotations": list(rotations), "lists": list(lists), "signed": signed,
        "tolerance": DAY, "product": "acme-cad", "device_jkt": DEVICE.kid, "fingerprint": FINGERPRINT, "now": now,
        "requests": {REQUEST["jti"]: {"hash": REQUEST["hash"], "made_at": made_at, "may_reset": may_reset}},
        "token": token, "verdict": verdict, "warnings": warnings or [],
    } | ({} if learns is None else {"learns": learns}))


def trusting(*numbers: int) -> dict:
    return {"roots": sorted(ROOTS[n].kid for n in numbers)}


machine("a grant on a machine that knows nothing", "ok", response(chain=PLAIN), learns={"roots": [ROOT.kid], "signed": NOW})
machine("another device", "wrong-device", response(chain=PLAIN, cnf={"jkt": STRANGER.kid}))
machine("a time reset of another device", "wrong-device", response(chain=PLAIN, kind="time-reset", cnf={"jkt": STRANGER.kid}))
machine("a time reset of another product", "wrong-product",
        response(chain=delegation(scope={"products": ["*"]}), kind="time-reset", aud="acme-cam"))
machine("a time reset for a request of elsewhere", "unknown-request", response(chain=PLAIN, kind="time-reset", req={"jti": jti("other"), "hash": sha("x")}))

OLD = revocations(seq=4)
NEW = revocations(entry(PORTAL), seq=5)
machine("revoked key, by a list seen earlier", "revoked-key", response(chain=PLAIN), lists=[NEW])
machine("rolled-back list: an older one in the response does not lift a revocation", "revoked-key",
        response(chain=PLAIN, header={"revocations": OLD}), lists=[NEW])
machine("rolled-back list: an older one alone does not lift a revocation", "ok", OLD, lists=[NEW], learns={"revoked": [PORTAL.kid]})
machine("a newer list without the key does not lift a revocation", "revoked-key",
        response(chain=PLAIN, header={"revocations": revocations(seq=6)}), lists=[NEW])
machine("a list alone", "ok", NEW, learns={"revoked": [PORTAL.kid], "signed": NOW - DAY})
machine("a list alone, by a stranger", "untrusted-key", revocations(entry(PORTAL), by=STRANGER))
machine("a list alone, changed on the way", "bad-signature", flip_signature(NEW))
for below, verdict in [(6, "ok"), (7, "ok"), (8, "revoked-key")]:
    machine(f"serial 7, a list seen earlier revokes those below {below}", verdict, under(numbered(serial=7)), lists=[revocations(entry(PORTAL, below=below))])
machine("lists of two roots are counted apart", "revoked-key", response(chain=PLAIN),
        roots=(ROOT, R1), lists=[revocations(seq=99), revocations(entry(PORTAL), by=R1, seq=1)])

# A line of seven roots, and machines that slept through some of the rotations.
for behind in range(6):
    known, start = LINE[1:6 - behind], ROOTS[6 - behind]
    machine(f"machine built with root {6 - behind}, {behind} rotations behind", "ok", of_root(6, *LINE[1:]), roots=(start,),
            learns=trusting(*range(1, 7)))
    machine(f"machine built with root 1 that has seen {5 - behind} of 5 rotations", "ok", of_root(6, *LINE[1:]), roots=(R1,),
            rotations=known, learns=trusting(*range(1, 7)))
machine("a rotation alone", "ok", good, learns=trusting(0, 1) | {"signed": NOW - DAY})
machine("a rotation alone, again", "ok", good, rotations=[good], learns=trusting(0, 1))
machine("a rotation alone, two ahead", "untrusted-key", LINE[1])
machine("unsigned rotation alone", "bad-signature", good.rpartition(".")[0] + ".")
machine("rotation by a stranger alone", "untrusted-key", rotation(STRANGER, THIEF, 1))
machine("second successor", "untrusted-key", rotation(ROOT, THIEF, 1), rotations=[good])
machine("second successor with another number", "untrusted-key", rotation(ROOT, THIEF, 2), rotations=[good])
machine("second successor, in a response", "untrusted-key", response(THIEF, header=carrying(rotation(ROOT, THIEF, 1))), rotations=[good])
machine("second successor of a root long replaced", "untrusted-key", rotation(R1, THIEF, 2), rotations=LINE[:4])
machine("second predecessor", "untrusted-key", rotation(THIEF, R1, 1), rotations=[good])
machine("a predecessor of the first root", "bad-claim", rotation(THIEF, ROOT, 0), rotations=[good])
machine("another root with the same number", "untrusted-key", rotation(ROOT, THIEF, 2), roots=(ROOT, R1), rotations=[LINE[1]])
machine("another root with the number of the configured one", "untrusted-key", rotation(ROOT, THIEF, 1), roots=(ROOT, R1), rotations=[LINE[1]])
machine("known roots under other numbers", "bad-chain", rotation(R1, R2, 7), rotations=[good])
machine("back to an older root", "bad-chain", rotation(R2, ROOT, 3), rotations=LINE[:2])
machine("a gap between what is known and what comes", "untrusted-key", of_root(4, LINE[2], LINE[3]), rotations=LINE[:1])
machine("the same rotation with an earlier end counts", "ok", rotation(ROOT, R1, 1, until=NOW - 9 * DAY), rotations=[good],
        learns=trusting(0, 1))
machine("a response of the old root signed between the two ends", "retired-key",
        of_root(0, iat=NOW - 2 * DAY), rotations=[good, rotation(ROOT, R1, 1, until=NOW - 9 * DAY)])
machine("the same rotation with a later end does not count", "retired-key",
        of_root(0, rotation(ROOT, R1, 1, until=NOW + 9 * DAY)), rotations=[good])
machine("the way out after a thief's rotation: a build with the right root", "ok", good, roots=(ROOT, R1),
        rotations=[rotation(ROOT, THIEF, 1)], learns=trusting(0, 1))
machine("a thief's rotation after a build with the right root", "untrusted-key", rotation(ROOT, THIEF, 1), roots=(ROOT, R1), rotations=[good])

ends = rotation(ROOT, R1, 1, until=NOW + 10 * DAY)
early = dict(since=NOW - 25 * DAY)
machine("the old root goes on until its end", "ok", of_root(0, **early), rotations=[ends], signed=NOW + 10 * DAY - 1)
machine("the old root, back-dated, once its end is known to have come", "retired-key", of_root(0, **early), rotations=[ends], signed=NOW + 10 * DAY)
machine("the old root signs after its end", "retired-key", of_root(0, iat=NOW + 10 * DAY, since=NOW), rotations=[ends], now=NOW + 10 * DAY)
machine("a list of the old root before its end", "ok", revocations(STRANGER), rotations=[ends], signed=NOW)
machine("a list of the old root, back-dated, once its end is known to have come", "retired-key", revocations(STRANGER), rotations=[ends], signed=NOW + 10 * DAY)
machine("a list of the old root against its successor", "ok", revocations(entry(R1)), rotations=[ends], learns={"revoked": []})
machine("a list of the old root against its successor, seen before the rotation", "ok", of_root(1, ends), lists=[revocations(entry(R1))])
machine("a list of the new root against its predecessor", "revoked-key", of_root(0, **early), rotations=[ends], lists=[revocations(entry(ROOT), by=R1)])
machine("the stolen old root has used up the numbers of its lists", "ok", revocations(entry(ALICE), by=R1, seq=1), rotations=[ends],
        lists=[revocations(seq=2**53 - 1)], learns={"revoked": [ALICE.kid]})
machine("an app built with the new root alone: an old file verifies", "ok", of_root(0, ends, **early), roots=(R1,))
machine("an app built with the new root alone, after the old one's end", "retired-key", of_root(0, ends, **early), roots=(R1,), signed=NOW + 10 * DAY)
machine("a former root cannot vouch for longer than it lasted", "retired-key",
        response(THIEF, iat=NOW + DAY, header=carrying(rotation(THIEF, R1, 1, until=NOW + YEAR, iat=NOW - 30 * DAY))),
        roots=(R2,), rotations=[rotation(R1, R2, 2, until=NOW)], now=NOW + DAY)
machine("a former root vouches for a predecessor after its end", "retired-key",
        rotation(THIEF, R1, 1, until=NOW + YEAR, iat=NOW + 1), roots=(R2,), rotations=[rotation(R1, R2, 2, until=NOW)])

# Approvals.
machine("an approved grant", "ok", approved(), learns={"signed": NOW})
machine("an approval missing", "approval-missing", under(DEMAND, days=None))
machine("an approval that was given later brings the time", "ok", approved(second=lambda of: approval(of, chain=BOBS, iat=NOW + 9 * DAY)),
        now=NOW + 9 * DAY, learns={"signed": NOW + 9 * DAY})
machine("the approver's delegation brings its time", "ok", approved(second=lambda of: approval(of, chain=approver(iat=NOW + 9 * DAY))),
        now=NOW + 9 * DAY, learns={"signed": NOW + 9 * DAY})
machine("revoked approver, by a list seen earlier", "revoked-key", approved(), lists=[revocations(BOB)])
machine("revoked approver, rolled-back list", "revoked-key", approved(header={"revocations": revocations(seq=1)}), lists=[revocations(BOB, seq=2)])
machine("a revoked approver of nothing that is installed here", "ok", under(DEMAND, days=30), lists=[revocations(BOB)])
for below, verdict in [(7, "ok"), (8, "revoked-key")]:
    seventh = approver(serial=7)
    machine(f"approver with serial 7, a list seen earlier revokes those below {below}", verdict,
            approved(second=lambda of: approval(of, chain=seventh, claim=seventh)), lists=[revocations(entry(BOB, below=below))])
machine("the root of the approver is revoked by a list seen earlier", "revoked-key", approved(second=lambda of: approval(of, chain=approver(by=R1))),
        roots=(ROOT, R1), lists=[revocations(R1)])
for words, signed, verdict in [("a second before", NOW + 20 * DAY - 1, "ok"), ("at", NOW + 20 * DAY, "ended-key")]:
    machine(f"highest signed time {words} the end of the approver's delegation", verdict,
            approved(second=lambda of: approval(of, chain=approver(exp=NOW + 20 * DAY))), signed=signed, now=NOW + 20 * DAY)
for words, made_at, verdict, warns in [
    ("a second before", NOW + 21 * DAY - 1, "ok", ["signed-before-request"]), ("at", NOW + 21 * DAY, "back-dated", []),
]:
    machine(f"request made {words} the end of the approver's delegation and the tolerance", verdict,
            approved(second=lambda of: approval(of, chain=approver(exp=NOW + 20 * DAY))), made_at=made_at, now=made_at, warnings=warns)
machine("a dated-back approval for a grant of today: the approver's delegation has ended", "ended-key",
        approved(second=lambda of: approval(of, chain=approver(exp=NOW - DAY), iat=NOW - 2 * DAY)))
machine("approved after the signer's own end", "ended-key",
        (lambda brief: approved(brief, second=lambda of: approval(of, chain=BOBS, iat=NOW + DAY)))(demanding(exp=NOW + DAY)), now=NOW + DAY)
machine("the approver hangs on a root that is known to have ended", "retired-key",
        approved(demanding(by=R1), second=lambda of: approval(of, chain=approver())), rotations=[ends], signed=NOW + 10 * DAY)
machine("a proposal is not installed", "wrong-type", proposal())
machine("an approval is not installed", "wrong-type", PLAINLY)

# --- Time: the rows of the table in section 7 at their edges -----------------------------------------------------------------

for words, signed, verdict in [("a second before", NOW + 60 * DAY - 1, "ok"), ("at", NOW + 60 * DAY, "ended-key"), ("a second after", NOW + 60 * DAY + 1, "ended-key")]:
    machine(f"highest signed time {words} the delegation's end", verdict, response(chain=PLAIN), signed=signed)
    machine(f"highest signed time {words} the delegation's end: time reset", verdict, response(chain=PLAIN, kind="time-reset"), signed=signed)
machine("a root is not bound by the highest signed time", "ok", response(ROOT), signed=NOW + YEAR)
machine("a list that came along shows that the delegation has ended", "ended-key",
        response(chain=PLAIN, header={"revocations": revocations(STRANGER, iat=NOW + 60 * DAY)}))
for words, made_at, verdict, warns in [
    ("a second before", NOW + 61 * DAY - 1, "ok", ["signed-before-request"]), ("at", NOW + 61 * DAY, "back-dated", []),
    ("a second after", NOW + 61 * DAY + 1, "back-dated", []),
]:
    machine(f"request made {words} the delegation's end and the tolerance", verdict, response(chain=PLAIN), made_at=made_at,
            now=made_at, warnings=warns)
machine("a root is not bound by the time of the request", "ok", response(ROOT), made_at=NOW + YEAR, now=NOW + YEAR, warnings=["signed-before-request"])
machine("a time reset is not bound by the time of the request", "ok", response(chain=PLAIN, kind="time-reset"), made_at=NOW + YEAR, now=NOW + YEAR)
machine("a second time reset for one request", "superseded", response(chain=PLAIN, kind="time-reset"), may_reset=False)
machine("signed before the request within the tolerance", "ok", response(chain=PLAIN), made_at=NOW + DAY, now=NOW + DAY)
machine("signed before the request beyond the tolerance", "ok", response(chain=PLAIN), made_at=NOW + DAY + 1, now=NOW + DAY + 1, warnings=["signed-before-request"])
machine("clock behind within the tolerance", "ok", response(chain=PLAIN), now=NOW - DAY, made_at=NOW - DAY)
machine("clock behind beyond the tolerance", "ok", response(chain=PLAIN), now=NOW - DAY - 1, made_at=NOW - 2 * DAY, warnings=["clock-behind"])


def write(name: str, cases: list[dict]) -> None:
    names = [case["name"] for case in cases]
    assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    vectors = {"roots": {key.kid: key.x for key in ROOTS}, "cases": cases}
    path = pathlib.Path(__file__).with_name(name)
    path.write_text(json.dumps(vectors, indent=1, ensure_ascii=True) + "\n")
    print(f"{path}: {len(cases)} cases")


write("keys.json", KEYS)
write("trust.json", TRUST)
