"""Google's metadata server, as a service there finds it: the project, and tokens for a service."""

import base64
import http.server
import json
import time
import urllib.parse
from typing import Any


class Metadata(http.server.BaseHTTPRequestHandler):
    """Answers as the platform does, to who sends the header that it asks for."""

    fetched: list[str]
    refused: list[str]
    life: float
    pause: float
    broken: bool
    number: str

    def do_GET(self) -> None:  # the base class's name
        url = urllib.parse.urlsplit(self.path)
        if self.headers.get("Metadata-Flavor") != "Google" and url.path != "/":
            self.say(403, "")
        elif self.broken:
            self.refused.append(self.path)
            self.say(503, "")
        elif url.path.endswith("/identity"):
            audience = urllib.parse.parse_qs(url.query)["audience"][0]
            self.fetched.append(audience)
            time.sleep(self.pause)  # so that others come meanwhile
            self.say(200, token({"aud": audience, "exp": int(time.time() + self.life)}))
        elif url.path.endswith("/project/numeric-project-id"):
            self.say(200, self.number)
        elif url.path.endswith("/service-accounts/default/"):
            about = {"email": "gateway@example.org", "aliases": ["default"], "scopes": []}
            self.say(200, json.dumps(about), "application/json")
        else:
            self.say(200, "")

    def say(self, status: int, text: str, kind: str = "application/text") -> None:
        self.send_response(status)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def token(claims: dict[str, Any]) -> str:
    """A well-formed JWT. Nobody here checks its signature: the platform's own front does."""
    parts = ({"alg": "RS256", "typ": "JWT"}, claims, {"signature": 0})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join(encoded).decode()
