"""The headers of a backend: whence they are, how they are replaced, and what is said without."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway import backend_headers
from gateway.backend_headers import BackendHeaders
from gateway.transport import CredentialsError

VARIABLES = {"TOKEN": "Bearer secret-1", "EMPTY": " ", "LINES": "a\nb"}


def variable(name: str) -> str:
    return VARIABLES.get(name, "")


async def reason(found: BackendHeaders) -> str:
    with pytest.raises(CredentialsError) as raised:
        await found.current()
    return str(raised.value)


async def test_a_header_is_a_text_a_variable_or_what_a_file_holds(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text("secret-2\n")
    written = {"A": "plain", "B": "env:TOKEN", "C": f"file:{tmp_path}/key.txt"}
    found = BackendHeaders(written, variable)
    await found.refresh()
    assert await found.current() == {"A": "plain", "B": "Bearer secret-1", "C": "secret-2"}


async def test_a_replaced_file_counts_once_it_is_the_same_at_two_looks(tmp_path: Path) -> None:
    file = tmp_path / "key.txt"
    file.write_text("old")
    found = BackendHeaders({"A": f"file:{file}"})
    await found.refresh()
    for content, held in (("ne", "old"), ("new", "old"), ("new", "new")):
        file.write_text(content)
        await found.refresh()
        assert await found.current() == {"A": held}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("env:OTHER", "the header A is missing, since the variable OTHER is not set"),
        ("env:EMPTY", "the header A is missing, since the variable EMPTY is not set"),
        ("env:LINES", "the variable LINES holds more than one line of ASCII"),
        ("file:{}/none.txt", "since the file none.txt is not there"),
        ("file:{}", "can't be read"),
        ("file:{}/empty.txt", "the file empty.txt is empty"),
        ("file:{}/binary.txt", "the file binary.txt holds more than one line of ASCII"),
    ],
)
async def test_what_is_missing_is_told_by_its_name(
    source: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\x00")
    found = BackendHeaders({"A": source.format(tmp_path)}, variable)
    await found.refresh()
    await found.refresh()
    assert told in await reason(found)
    assert str(tmp_path) not in await reason(found)  # which a client may read
    assert capsys.readouterr().out.count("a backend's header is missing") == 1


async def test_a_file_that_comes_later_and_goes_again_is_followed(tmp_path: Path) -> None:
    file = tmp_path / "key.txt"
    found = BackendHeaders({"A": f"file:{file}"})
    assert "was not read yet" in await reason(found)
    await found.refresh()
    file.write_text("new")
    await found.refresh()
    await found.refresh()
    assert await found.current() == {"A": "new"}
    file.unlink()
    await found.refresh()
    await found.refresh()
    assert "is not there" in await reason(found)


async def test_files_may_be_in_another_folder_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "key.txt").mkdir()
    (tmp_path / "key.txt" / "value").write_text("secret")
    found = BackendHeaders({"A": "file:/elsewhere/key.txt"}, folder=tmp_path)
    await found.refresh()
    assert await found.current() == {"A": "secret"}


async def test_no_value_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key.txt").write_text("secret-2")
    found = BackendHeaders({"A": "env:TOKEN", "B": f"file:{tmp_path}/key.txt"}, variable)
    await found.refresh()
    assert "secret" not in repr(found) + capsys.readouterr().out


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_a_header_of_the_name_that_googles_token_has_is_known(name: str) -> None:
    assert BackendHeaders({name: "env:TOKEN"}).has_authorization
    assert not BackendHeaders({"X-Key": "env:TOKEN"}).has_authorization


async def test_parts_are_joined_and_the_last_counts() -> None:
    async def one() -> Mapping[str, str]:
        return {"A": "1", "B": "1"}

    async def two() -> Mapping[str, str]:
        return {"B": "2"}

    found = backend_headers.joined(one, None, two)
    assert found
    assert await found() == {"A": "1", "B": "2"}
    assert backend_headers.joined(None) is None
