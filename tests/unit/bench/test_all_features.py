"""bench/all_features.py: all that costs a request something is on."""

from pathlib import Path

from bench import all_features
from gateway import settings
from gateway.keys import api_keys
from passerelle.manifest import reading


def test_the_manifest_limits_its_model_and_names_an_origin(tmp_path: Path) -> None:
    side = all_features.side(tmp_path, "http://127.0.0.1:1", tmp_path)
    file = tmp_path / "models.yaml"
    file.write_text(side.manifest)
    manifest = reading.read_manifest(file)
    (model,) = manifest.models
    assert (str(model.rate), str(model.quota)) == (all_features.RATE, all_features.QUOTA)
    assert manifest.cors
    assert side.headers["Origin"] in manifest.cors.origins


def test_its_key_has_limits() -> None:
    side = all_features.side(Path(), "http://127.0.0.1:1", Path())
    _, key = api_keys.like(side.rights)
    assert (str(key.rate), str(key.quota)) == (all_features.RATE, all_features.QUOTA)


def test_its_settings_are_those_of_a_gateway(tmp_path: Path) -> None:
    side = all_features.side(tmp_path, "http://127.0.0.1:1", tmp_path)
    found = settings.read({"PASSERELLE_KEYS": "keys.yaml", **side.environ})
    assert found.usage == tmp_path / "usage.sqlite"
