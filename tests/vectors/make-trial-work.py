#!/usr/bin/env python3
"""Makes trial-work.json from docs/format.md, section 8, alone: it shares no code with the project.

It always writes the same file: run it and `git diff` shows what changed.
"""

import base64
import hashlib
import itertools
import json
import pathlib

HERE = pathlib.Path(__file__).parent
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def zeros(token: str, nonce: str) -> int:
    request = b64(hashlib.sha256(token.encode()).digest())
    digest = hashlib.sha256(f"countersign/trial-work/v1:{request}:{nonce}".encode()).digest()
    return 256 - int.from_bytes(digest, "big").bit_length()


def search(token: str, bits: int, before: str = "", after: str = "") -> str:
    for number in itertools.count():
        word = "".join(ALPHABET[number >> shift & 63] for shift in (18, 12, 6, 0))
        if zeros(token, before + word + after) >= bits:
            return before + word + after


def case(name: str, token: str, nonce: str, bits: int, ok: bool) -> dict:
    jti = b64(hashlib.sha256(b"countersign/trial-id/v1\0" + token.encode()).digest()[:16])
    return {"name": name, "token": token, "nonce": nonce, "bits": bits, "ok": ok, "trial_id": jti}


tokens = json.loads((HERE / "tokens.json").read_text())["cases"]
first, second = [c["token"] for c in tokens if c["verdict"] == "ok" and c["expect"] == "request"][:2]
nonce = search(first, 16)
blank = search(first, 8, after=" ")
long = search(first, 8, before="x" * 29)
assert zeros(second, nonce) < 8 and len(long) == 33
cases = [
    case("enough", first, nonce, 16, True),
    case("one-bit-too-few", first, nonce, zeros(first, nonce) + 1, False),
    case("of-another-request", second, nonce, 8, False),
    case("a-character-that-is-none-of-base64url", first, blank, 8, False),
    case("a-nonce-of-33-characters", first, long, 8, False),
]
(HERE / "trial-work.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
