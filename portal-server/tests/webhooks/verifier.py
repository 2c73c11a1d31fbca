"""A receiver of webhooks that verifies them by the reference library of Standard Webhooks.

The secret is read anew for each request from the file `secret` of the folder; what came of each is a line of JSON in the file
`said`. Prints its port when it listens.
"""

import json
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

FOLDER = pathlib.Path(sys.argv[1])


class Verifier(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        secret = (FOLDER / "secret").read_text()
        try:
            said, status = {"verified": Webhook(secret).verify(body, dict(self.headers))}, 204
        except WebhookVerificationError as error:
            said, status = {"refused": str(error)}, 401
        with open(FOLDER / "said", "a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Verifier)
print(server.server_port, flush=True)
server.serve_forever()
