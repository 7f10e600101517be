"""The Google Cloud project that this process runs in, from the platform's metadata server."""

import requests

from passerelle.server.settings import SettingError

METADATA_HOST = "metadata.google.internal"
PLACEHOLDER = "{project_number}"
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
    with requests.Session() as session:
        session.trust_env = False  # never through a proxy
        try:
            response = session.get(
                f"http://{host}/computeMetadata/v1/project/numeric-project-id",
                headers={"Metadata-Flavor": "Google"},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException:
            return ""
    is_genuine = response.headers.get("Metadata-Flavor") == "Google"
    return response.text.strip() if response.ok and is_genuine else ""
