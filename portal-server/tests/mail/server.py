"""A real SMTP server for the tests, which takes, delays or refuses mail by its recipient.

busy…    451 the first time, then taken
gone…    550, always
silent…  taken the first time, but the connection ends before that is said; then taken
others   taken

Each mail that is taken becomes one JSON file in the folder. Prints its port when it listens.
"""

import argparse
import asyncio
import json
import os
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Taker:
    def __init__(self, folder):
        self.folder = folder
        self.seen = set()
        self.count = 0

    def first(self, address):
        known = address in self.seen
        self.seen.add(address)
        return not known

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return "550 5.1.1 no such mailbox here"
        if address.startswith("busy") and self.first(address):
            return "451 4.3.2 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "raw": envelope.original_content.decode("utf-8"),
            "encrypted": session.ssl is not None,
            "user": session.auth_data.login.decode() if session.auth_data else None,
        }
        path = os.path.join(self.folder, f"{self.count:04}.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(mail, file)
        os.rename(path + ".new", path)
        if envelope.rcpt_tos[0].startswith("silent") and self.first(envelope.rcpt_tos[0]):
            server.transport.abort()
        return "250 taken"


def authenticator(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"portal", b"s3cret/&?")
    return AuthResult(success=right, handled=False, auth_data=data if right else None)


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--certificate")
    arguments.add_argument("--key")
    arguments.add_argument("--tls", choices=["none", "start", "whole"], default="none")
    arguments.add_argument("--auth", action="store_true")
    options = arguments.parse_args()
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.key)
    taker = Taker(options.folder)

    def session():
        return SMTP(
            taker,
            tls_context=context if options.tls == "start" else None,
            require_starttls=options.tls == "start",
            auth_required=options.auth,
            auth_require_tls=options.tls == "start",
            authenticator=authenticator if options.auth else None,
        )

    whole = context if options.tls == "whole" else None
    server = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", options.port, ssl=whole
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
