"""The Google Cloud project that this process runs in, from the platform's metadata server."""

import contextlib
import http.client

from passerelle.server.settings import SettingError

METADATA_HOST = "metadata.google.internal"
PLACEHOLDER = "{project_number}"
PATH = "/computeMetadata/v1/project/numeric-project-id"
FLAVOR, GOOGLE = "Metadata-Flavor", "Google"  # a header of the request, and of a genuine answer
TIMEOUT = 3.0  # seconds


def fill_in_project_number(address: str, variable: str, host: str = METADATA_HOST) -> str:
    """An address with the project's number in place of `{project_number}`, if it has that.

    `variable` is where the address was written, and `host` the metadata server.

    Raises:
        SettingError: no metadata server answers, so this is not Google Cloud.
    """
    if PLACEHOLDER not in address:
        return address
    number = project_number(host)
    if not number.isdecimal():
        raise SettingError(
            f"{variable} has {PLACEHOLDER}, which Google Cloud's metadata server fills in, and "
            "none answers here. Write the project's number."
        )
    return address.replace(PLACEHOLDER, number)


def project_number(host: str) -> str:
    """The project's number as the metadata server knows it; empty where none answers.

    Source: https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys
    """
    try:
        with contextlib.closing(http.client.HTTPConnection(host, timeout=TIMEOUT)) as connection:
            connection.request("GET", PATH, headers={FLAVOR: GOOGLE})  # by no proxy
            response = connection.getresponse()
            is_genuine = response.getheader(FLAVOR) == GOOGLE
            text = response.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    return text if response.status == http.HTTPStatus.OK and is_genuine else ""
