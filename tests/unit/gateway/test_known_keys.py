"""Which keys a gateway accepts beside those of its file."""

from pathlib import Path

import pytest

from gateway import known_keys, settings
from gateway.keys import api_keys
from passerelle.local import key_changes

# Whose keys have files of their own, by the setting that names each.
SETTINGS = {"PASSERELLE_PAGE_KEY": "frontend", "PASSERELLE_METRICS_KEY": "prometheus"}


def options(folder: Path, **given: str) -> settings.Settings:
    return settings.read({"PASSERELLE_KEYS": str(folder / "keys.yaml"), **given})


def test_an_empty_file_gets_a_demo_key_which_goes_as_soon_as_it_holds_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys.yaml"
    key_changes.write(file, [])
    read = known_keys.reader(options(tmp_path, PASSERELLE_DEMO="http://localhost:8080"))
    demo = read(file)
    assert [key.name for key in demo.by_prefix.values()] == ["demo"]
    assert "curl -H 'X-API-Key: psl_" in capsys.readouterr().out
    text, key = api_keys.new("alice", ("*",), None)
    key_changes.write(file, [key])
    assert [each.name for each in read(file).by_prefix.values()] == ["alice"]
    assert text not in capsys.readouterr().out


def test_every_worker_takes_the_same_demo_key(tmp_path: Path) -> None:
    key_changes.write(tmp_path / "keys.yaml", [])
    told = options(tmp_path, PASSERELLE_DEMO="http://localhost:8080")
    one, other = (known_keys.reader(told)(tmp_path / "keys.yaml") for _ in range(2))
    assert one.by_prefix == other.by_prefix != {}


def test_prometheus_has_a_key_for_the_metrics_alone(tmp_path: Path) -> None:
    key_changes.write(tmp_path / "keys.yaml", [])
    told = options(tmp_path, PASSERELLE_METRICS_KEY=str(tmp_path / "metrics" / "key"))
    (key,) = known_keys.reader(told)(tmp_path / "keys.yaml").by_prefix.values()
    assert key.caller.allows("metrics")
    assert not any(key.caller.allows(verb, "m") for verb in ("predict", "read", "usage"))
    assert (tmp_path / "metrics" / "key").stat().st_mode & 0o777 == 0o640
    assert [each.read() for each in known_keys.own_keys(told)] == [key]  # whoever reads it then


def test_nothing_is_added_unless_told(tmp_path: Path) -> None:
    file = tmp_path / "keys.yaml"
    key_changes.write(file, [])
    assert known_keys.reader(options(tmp_path))(file).by_prefix == {}


def test_the_pages_key_is_made_once_and_accepted(tmp_path: Path) -> None:
    file, page = tmp_path / "keys.yaml", tmp_path / "page" / "key"
    key_changes.write(file, [])
    told = options(tmp_path, PASSERELLE_PAGE_KEY=str(page))
    accepted = known_keys.reader(told)(file)
    assert [key.name for key in accepted.by_prefix.values()] == ["frontend"]
    assert known_keys.reader(told)(file) == accepted
    assert page.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("form", ["{}", "{}\n", "\ufeff{}\r\n", "\n {} \n\n"])
def test_the_pages_key_may_be_saved_by_any_editor(form: str, tmp_path: Path) -> None:
    text, key = api_keys.new("frontend", ("*",), None)
    (tmp_path / "key").write_text(form.format(text), encoding="utf-8", newline="")
    told = options(tmp_path, PASSERELLE_PAGE_KEY=str(tmp_path / "key"))
    assert [each.read() for each in known_keys.own_keys(told)] == [key]


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_key_of_its_own_that_can_not_be_made_or_is_none_is_told(
    setting: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no key")
    for name, sentence in (
        ("file", "holds no key; delete it"),
        ("file/key", "is not there"),
        (".", "is a folder; put a file there"),
    ):
        told = options(tmp_path, **{setting: str(tmp_path / name)})
        with pytest.raises(api_keys.KeysError, match=sentence):
            known_keys.reader(told)


@pytest.mark.parametrize(("setting", "name"), SETTINGS.items())
def test_a_key_of_its_own_is_exchanged_and_a_broken_file_keeps_the_last_and_holds_up_no_other(
    setting: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, own = tmp_path / "keys.yaml", tmp_path / "key"
    key_changes.write(file, [])
    read = known_keys.reader(options(tmp_path, **{setting: str(own)}))
    (first,) = read(file).by_prefix.values()
    text, exchanged = api_keys.new(name, ("*",), None)
    own.write_text(text)
    (second,) = read(file).by_prefix.values()
    assert first.prefix != second.prefix == exchanged.prefix
    assert second.verbs == first.verbs
    _, alice = api_keys.new("alice", ("*",), None)
    for break_it in (lambda: own.write_text(""), own.unlink):
        break_it()
        key_changes.write(file, [alice])
        assert read(file).by_prefix.keys() == {alice.prefix, exchanged.prefix}
        assert f"the last good key of {name} stays in use" in capsys.readouterr().out
    assert not own.exists()  # it is made at the start alone
