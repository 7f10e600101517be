"""bench/foreign_services.py: the example's entries, started where they can be asked directly."""

from pathlib import Path

from bench import foreign_services
from passerelle.manifest import reading
from passerelle.manifest.model import ExternalModel


def test_every_entry_of_the_example_has_its_service_and_its_requirements() -> None:
    models = reading.read_manifest(foreign_services.EXAMPLE / "models.yaml").models
    assert tuple(each.id for each in models) == foreign_services.NAMES
    for name in foreign_services.NAMES:
        assert (foreign_services.EXAMPLE / f"{name}.txt").is_file()
        assert (foreign_services.EXAMPLE / f"{name}_service.py").is_file()


def test_services_are_reached_where_they_are_by_a_manifest_that_starts_none(tmp_path: Path) -> None:
    services = foreign_services.find(foreign_services.EXAMPLE, range(8001, 8005))
    file = tmp_path / "models.yaml"
    file.write_text(foreign_services.manifest(services, timeout="3s"))
    models = reading.read_manifest(file).models
    for service, model in zip(services, models, strict=True):
        assert isinstance(model, ExternalModel)
        assert (model.id, model.timeout) == (service.id, 3.0)
        assert (model.backend.url, model.backend.command) == (service.url, ())
        assert model.backend.path == service.entry["backend"].get("path")
    assert [each.url[-4:] for each in services] == ["8001", "8002", "8003", "8004"]
