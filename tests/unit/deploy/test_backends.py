"""What backends need of whatever runs them."""

import pytest

from passerelle.deploy import backends
from passerelle.deploy.backends import HeaderFile
from passerelle.deploy.render_error import RenderError
from tests.unit.deploy import made

FILES = {"A": "env:TOKEN", "B": "file:/app/secrets/ocr.txt", "C": "file:/etc/key", "D": "text"}


def test_an_image_is_run_and_a_url_or_a_model_of_ours_is_not() -> None:
    models = made.model(), made.external(), made.external("url", url="http://a")
    assert [each.id for each in backends.images(models)] == ["ocr"]


def test_a_command_alone_is_refused_with_what_to_write() -> None:
    with pytest.raises(RenderError, match="ocr: a command is started by passerelle up alone"):
        backends.images([made.external(command=("serve",))])
    both = made.external(command=("serve",), image="acme/ocr")
    assert backends.images([both]) == (both,)


def test_variables_and_files_are_those_of_headers() -> None:
    models = made.external(url="http://a", folder="/app", headers=FILES), made.model()
    assert backends.variables(models) == ("TOKEN",)
    assert backends.header_files(models) == (
        HeaderFile("secrets/ocr.txt", "ocr.txt"),
        HeaderFile("/etc/key", "key"),
    )
    assert backends.header_files(models)[0].folder == "/headers/ocr.txt"


def test_two_files_of_one_name_are_refused() -> None:
    headers = {"A": "file:/app/one/key", "B": "file:/app/two/key"}
    models = [made.external(url="http://a", folder="/app", headers=headers)]
    with pytest.raises(RenderError, match="one/key and two/key have one name; rename one"):
        backends.header_files(models)
    same = {"A": "file:/app/key", "B": "file:/app/key"}
    assert len(backends.header_files([made.external(url="http://a", headers=same)])) == 1


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"A": "env:OCR_KEY", "B": "file:/ocr.key"}, "which is that of OCR_KEY; rename it"),
        ({"A": "env:KEYS"}, "would be passerelle-keys, which is one of Passerelle's own"),
    ],
)
def test_each_secret_has_a_name_of_its_own(headers: dict[str, str], told: str) -> None:
    with pytest.raises(RenderError, match=told):
        backends.require_names([made.external(url="http://a", headers=headers)])
    backends.require_names([made.external(url="http://a", headers=FILES)])


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("http://127.0.0.1:5000", True), ("http://localhost", True), ("http://[::1]:80", True),
        ("http://10.0.0.5:5000", False), ("http://host.docker.internal", False),
    ],
)  # fmt: skip
def test_a_url_of_this_machine_is_none_for_a_container(*, url: str, is_told: bool) -> None:
    assert bool(backends.unreachable([made.external(url=url)])) is is_told
