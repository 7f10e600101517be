"""The tables of the documents: every field, setting, package and folder has its line."""

import re
import tomllib

import pytest
import yaml

from gateway import settings as gateway_settings
from passerelle.manifest import backend_fields, rollout_fields, schema
from passerelle.manifest.fields import Fields
from passerelle.server.settings import Base
from services.frontend import settings as page_settings
from services.model import settings as model_settings
from tests.support import documents, stack

PARTS = (
    schema.Manifest, schema.Entry, schema.Input, schema.Cache, backend_fields.Backend,
    backend_fields.Fetch, rollout_fields.Promote,
)  # fmt: skip
SETTINGS = (gateway_settings.Settings, model_settings.Settings, page_settings.Settings)


@pytest.mark.parametrize("part", PARTS)
def test_every_field_has_its_line(part: type[Fields]) -> None:
    assert set(part.model_fields) <= documents.first_cells("docs/manifest.md")


def test_every_field_describes_itself_in_the_schema() -> None:
    for part in (*PARTS, schema.Defaults):
        for name, field in part.model_fields.items():
            assert field.description, name


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_setting_has_its_line(settings: type[Base]) -> None:
    variables = {field.alias or name for name, field in settings.model_fields.items()}
    assert len(variables) >= 8
    assert variables <= documents.first_cells("docs/settings.md")


def test_no_line_is_of_a_setting_that_is_gone() -> None:
    sources = [*stack.ROOT.glob("*/settings.py"), *stack.ROOT.glob("services/*/settings.py"),
               stack.ROOT / "passerelle/server/settings.py",
               *stack.ROOT.glob("passerelle/cli/*.py"),
               stack.ROOT / "docker-compose.yaml",
               stack.ROOT / "tests/e2e/conftest.py", *stack.ROOT.glob("scripts/*")]  # fmt: skip
    code = "".join(path.read_text() for path in sources)
    for name in documents.first_cells("docs/settings.md"):
        assert name in code, name


def test_every_path_of_the_contract_has_its_line() -> None:
    cells = re.findall(r"^\|([^|]*)\|", documents.text("docs/http.md"), re.MULTILINE)
    told = re.findall(r"(?:GET|POST) (/[^`?]*)", " ".join(cells))
    paths = (yaml.safe_load(documents.text("openapi.yaml")))["paths"]
    ours = {re.sub(r"{(?:model_)?(\w+)}", r"<\1>", each) for each in paths}
    protocol = {each for each in ours if re.fullmatch("/v2(/.*)?", each)}  # has its own document
    assert set(told) - {"/docs/"} == ours - protocol | {"/v2/models/<id>/infer"}


def test_every_package_has_its_reason() -> None:
    document = tomllib.loads(documents.text("pyproject.toml"))
    project = document["project"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *document["dependency-groups"].values(),
    ]
    lines = {each for one in lists for each in one if isinstance(each, str)}
    pinned = {each for each in lines if not each.startswith("passerelle[")}
    assert all("==" in each for each in pinned)
    assert len({each.partition("==")[0] for each in pinned}) == len(pinned)  # a version for each
    reasons = re.findall(r"^\|([^|]*)\|", documents.text("docs/dependencies.md"), re.MULTILINE)
    named = {name.strip() for row in reasons for name in row.split(",")}
    assert {each.partition("==")[0] for each in pinned} <= named


def test_every_extra_is_described() -> None:
    extras = tomllib.loads(documents.text("pyproject.toml"))["project"]["optional-dependencies"]
    assert set(extras) <= documents.first_cells("docs/start.md")


def test_every_folder_has_its_line() -> None:
    listed = {name.strip("/") for name in documents.first_cells("CONTRIBUTING.md")}
    for pattern in ("*/*.*", "passerelle/*/*.py", "services/*/*.py", "tests/*/*.py"):
        for file in documents.tracked(pattern):
            folder = file.rpartition("/")[0]
            assert any(each == folder or each.startswith(f"{folder}/") for each in listed), folder
