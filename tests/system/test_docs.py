"""The documents say what the code does: every field, setting, package, folder and step."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from gateway import settings as gateway_settings
from passerelle.manifest import schema
from passerelle.server.settings import Base
from services.frontend import settings as page_settings
from services.model import settings as model_settings
from tests.support import stack


def text(name: str) -> str:
    return (stack.ROOT / name).read_text()


def first_cells(name: str) -> set[str]:
    """What stands in backquotes in the first cell of each row of a document's tables."""
    rows = re.findall(r"^\|([^|]*)\|", text(name), re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


@pytest.mark.parametrize("part", [schema.Manifest, schema.Entry, schema.Input, schema.Cache])
def test_every_field_has_its_line(part: type[schema.Fields]) -> None:
    assert set(part.model_fields) <= first_cells("docs/manifest.md")


def test_every_field_describes_itself_in_the_schema() -> None:
    for part in (schema.Manifest, schema.Defaults, schema.Entry, schema.Input, schema.Cache):
        for name, field in part.model_fields.items():
            assert field.description, name


SETTINGS = (gateway_settings.Settings, model_settings.Settings, page_settings.Settings)


def variables(settings: type[Base]) -> set[str]:
    """The names of all variables that a process's settings have."""
    return {field.alias or name for name, field in settings.model_fields.items()}


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_setting_has_its_line(settings: type[Base]) -> None:
    assert len(variables(settings)) >= 8
    assert variables(settings) <= first_cells("docs/settings.md")


def test_no_line_is_of_a_setting_that_is_gone() -> None:
    sources = [*stack.ROOT.glob("*/settings.py"), *stack.ROOT.glob("services/*/settings.py"),
               stack.ROOT / "passerelle/server/settings.py",
               *stack.ROOT.glob("passerelle/cli/*.py"),
               stack.ROOT / "docker-compose.yaml",
               stack.ROOT / "tests/e2e/conftest.py", *stack.ROOT.glob("scripts/*")]  # fmt: skip
    code = "".join(path.read_text() for path in sources)
    for name in first_cells("docs/settings.md"):
        assert name in code, name


def test_every_package_has_its_reason() -> None:
    document = tomllib.loads(text("pyproject.toml"))
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
    reasons = re.findall(r"^\|([^|]*)\|", text("docs/dependencies.md"), re.MULTILINE)
    named = {name.strip() for row in reasons for name in row.split(",")}
    assert {each.partition("==")[0] for each in pinned} <= named


def test_every_folder_has_its_line() -> None:
    folders = {path.parent.name for path in stack.ROOT.glob("*/*.*") if path.parent.name[0] != "."}
    listed = {name.strip("/").partition("/")[0] for name in first_cells("CONTRIBUTING.md")}
    assert {name for name in folders if not name.endswith("egg-info")} <= listed


def test_the_way_of_a_request_names_files_and_functions_that_are_there() -> None:
    way = text("README.md").partition("## Follow one request")[2].partition("\n## ")[0]
    steps = re.findall(r"`([\w/]+\.py)`, `([\w.]+)`", way)
    assert len(steps) >= 12
    for file, name in steps:
        source = text(file)
        for part in name.split("."):
            assert re.search(rf"(def|class) {part}\b", source), (file, name)


def test_the_request_passes_the_files_in_the_order_told() -> None:
    way = text("README.md").partition("## Follow one request")[2]
    files = re.findall(r"^\d+\. `(gateway/\w+\.py)`", way, re.MULTILINE)
    listed = [Path(file).stem for file in files]
    predict = text("gateway/app.py").partition("def predict")[2].partition("\n\n\n")[0]
    called = re.findall(r"\b(front_end|auth|routes|cache)\b(?=\.)", predict)
    assert list(dict.fromkeys(called)) == ["front_end", "auth", "routes", "cache"]
    assert listed == ["app", "front_end", "auth", "routes", "cache", "forwarding", "front_end"]


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for document in [*stack.ROOT.glob("*.md"), *stack.ROOT.glob("*/*.md")]:
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text()):
            assert (document.parent / link).exists(), (document, link)


def test_every_module_says_what_it_is_for() -> None:
    for package in ("passerelle", "gateway", "services"):
        for path in (stack.ROOT / package).rglob("*.py"):
            if path.name != "gunicorn.conf.py":
                name = ".".join(path.relative_to(stack.ROOT).with_suffix("").parts)
                if path.stem != "__main__":
                    assert importlib.import_module(name).__doc__, path
