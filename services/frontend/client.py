"""What the page asks the gateway, with its own key."""

import dataclasses
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

import requests

from passerelle.server.settings import SettingError
from services.frontend import errors, settings

CONNECT, ANSWER = 3.0, 120.0  # seconds; the gateway's own limits are shorter
MODEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclasses.dataclass(frozen=True)
class Reply:
    """The gateway's answer to a picture."""

    document: dict[str, Any]
    timing: str  # its Server-Timing
    seconds: float  # until it was here


class Client:
    """Connections to one gateway, kept for each thread. Per process."""

    def __init__(self, options: settings.Settings) -> None:
        self.base, self.key_file = options.gateway, options.key_file
        self.local = threading.local()

    @property
    def session(self) -> requests.Session:
        """This thread's connections."""
        if not hasattr(self.local, "session"):
            self.local.session = requests.Session()
            self.local.session.trust_env = False  # neither a proxy nor another's credentials
        session: requests.Session = self.local.session
        return session

    def models(self, headers: Mapping[str, str]) -> list[dict[str, Any]]:
        """The models that the page's key may use, as `GET /models` has them.

        Raises:
            refusals.Refusal
        """
        found: list[dict[str, Any]] = self.ask("GET", "/models", headers).document["models"]
        return found

    def history(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """Their last minutes, as `GET /history` has them.

        Raises:
            refusals.Refusal
        """
        return self.ask("GET", "/history", headers).document

    def predict(self, model_id: str, picture: bytes, headers: Mapping[str, str]) -> Reply:
        """What a model sees in a picture: an encoded file. `headers` carry the trace on.

        Raises:
            refusals.Refusal
        """
        if not MODEL.fullmatch(model_id):
            raise errors.of(404, f"{model_id[:63]!r} is no model's id.")
        return self.ask("POST", f"/model/{model_id}/predict", headers, picture)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        """One request.

        Raises:
            refusals.Refusal: no answer, one that makes no sense, or the gateway's own refusal.
        """
        began = time.perf_counter()
        try:
            sent = {"X-API-Key": settings.key(self.key_file), **headers}
            if body is not None:
                sent["Content-Type"] = "application/octet-stream"
            answer = self.session.request(
                method, self.base + path, headers=sent, data=body, timeout=(CONNECT, ANSWER),
                allow_redirects=False,
            )  # fmt: skip
            document = answer.json()
        except SettingError as error:
            raise errors.locked_out(str(error)) from None
        except requests.JSONDecodeError:
            raise errors.of(502, "The gateway's answer is not JSON.") from None
        except requests.ConnectionError:
            raise errors.away() from None
        except requests.RequestException:
            raise errors.of(504) from None
        if not isinstance(document, dict):
            raise errors.of(502, "The gateway's answer makes no sense.")
        if answer.status_code != 200:
            raise refused(answer, str(document.get("detail", "")))
        timing = answer.headers.get("Server-Timing", "")
        return Reply(document, timing, time.perf_counter() - began)


def refused(answer: requests.Response, detail: str) -> errors.Refusal:
    """The gateway's refusal in the visitor's words."""
    if answer.status_code in (401, 403):
        return errors.locked_out(detail)
    passed = {name: answer.headers[name] for name in ("Retry-After",) if name in answer.headers}
    return errors.of(answer.status_code, detail, passed)
