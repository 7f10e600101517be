"""The Google Cloud project that this process runs in, as the platform knows it."""

import contextlib

import google.auth.exceptions
import google.auth.transport.requests
from google.auth.compute_engine import _metadata as metadata

from passerelle.server import environment

PLACEHOLDER = "{project_number}"
FAILURES = (google.auth.exceptions.GoogleAuthError, ValueError, TypeError, KeyError, OSError)


def fill_in_project_number(setting: str, name: str) -> str:
    """The address in the variable `name`, with the project's number where that has a place in it.

    Raises:
        environment.SettingError: this is no such platform.
    """
    if PLACEHOLDER not in setting:
        return setting
    number = ""
    with contextlib.suppress(*FAILURES):
        request = google.auth.transport.requests.Request()
        number = str(metadata.get(request, "project/numeric-project-id", retry_count=2))  # type: ignore[no-untyped-call]  # Google's own
    if not number.isdecimal():
        raise environment.SettingError(
            f"{name} has {PLACEHOLDER}, which Google Cloud's metadata server fills in, and none "
            "answers here. Write the project's number."
        )
    return setting.replace(PLACEHOLDER, number)
