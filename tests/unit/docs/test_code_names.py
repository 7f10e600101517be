"""What the documents name of the code is there, and a request's way is told in its order."""

import ast
import functools
import re
from pathlib import Path

import pytest

import passerelle
from tests.support import documents, stack

PACKAGES = ("passerelle", "gateway", "services", "bench")
ARCHITECTURE = tuple(each for each in documents.DOCUMENTS if "architecture/" in each)
CURRENT = tuple(each for each in documents.DOCUMENTS if each != "CHANGELOG.md")
OURS = re.compile(
    r"(passerelle|gateway|services|bench|tests|docs|scripts|examples|cloudbuild)/"
    r"([\w./-]*(/|\.\w+|Dockerfile))?"
)
DOTTED = re.compile(r"[A-Za-z]\w*(\.[A-Za-z_]\w*)+")
FILES = (".yaml", ".json", ".py", ".md", ".toml", ".txt", ".xml", ".bin", ".safetensors")


@functools.cache
def definitions() -> dict[Path, set[str]]:
    """The classes, functions and constants of each module, by its file."""
    pattern = r"^\s*(?:async )?(?:def|class) (\w+)|^(\w+)\b[^=\n]*="
    found = {}
    for package in PACKAGES:
        for file in (stack.ROOT / package).rglob("*.py"):
            pairs = re.findall(pattern, file.read_text(), re.MULTILINE)
            found[file.relative_to(stack.ROOT)] = {name for pair in pairs for name in pair if name}
    return found


def modules_of(owner: str) -> list[set[str]]:
    """What is defined in the modules that have a name, or in those where a class has it."""
    return [
        names
        for file, names in definitions().items()
        if file.stem == owner or owner in names or owner in file.parts[-2:]
    ]


def is_defined(dotted: str) -> bool:
    """Whether each part of a name such as `routes.find` or `Routes.find` is defined in our code."""
    *owners, name = dotted.split(".")
    return any(name in names for names in modules_of(owners[-1])) or is_module(dotted)


def is_module(dotted: str) -> bool:
    """Whether a dotted name is a module or a package of ours."""
    path = stack.ROOT.joinpath(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("document", CURRENT)
def test_every_path_of_ours_is_there(document: str) -> None:
    for name in documents.inline(document):
        if OURS.fullmatch(name):
            assert (stack.ROOT / name).exists(), name


@pytest.mark.parametrize("document", CURRENT)
def test_what_is_to_be_found_in_a_file_is_defined_there(document: str) -> None:
    for file, name in documents.steps(document):
        for part in name.split("."):
            assert part in definitions()[Path(file)], (file, name)


@pytest.mark.parametrize("document", [*ARCHITECTURE, "README.md", "CONTRIBUTING.md"])
def test_every_name_with_a_dot_is_defined(document: str) -> None:
    for name in documents.inline(document):
        if DOTTED.fullmatch(name) and not name.endswith(FILES) and not name.startswith("torch."):
            assert is_defined(name), name


@pytest.mark.parametrize("document", [*ARCHITECTURE, "CONTRIBUTING.md"])
def test_every_class_and_constant_is_defined(document: str) -> None:
    known = set().union(*definitions().values())
    for name in documents.inline(document):
        if re.fullmatch(r"_?[A-Z]\w+", name):
            assert name in known, name


@pytest.mark.parametrize("document", CURRENT)
def test_every_private_name_is_defined(document: str) -> None:
    known = set().union(*definitions().values())
    builds = "".join(file.read_text() for file in (stack.ROOT / "cloudbuild").glob("*.yaml"))
    for name in documents.inline(document):
        for private in re.findall(r"(?<![\w.])_[A-Za-z]\w*", name):
            assert private in known or private in builds, name


def test_the_architecture_opens_each_file_once() -> None:
    opened = [name for page in ARCHITECTURE for name in documents.inline(page)
              if OURS.fullmatch(name) and name.endswith(".py")]  # fmt: skip
    assert len(opened) > 60
    assert sorted(opened) == sorted(set(opened))


def test_the_readme_opens_each_file_once_in_the_order_of_the_architecture() -> None:
    short = [file for file, _ in documents.steps("README.md")]
    whole = [file for file, _ in documents.steps("docs/architecture/01-a-request.md")]
    assert len(short) >= 12
    assert short == [file for file in whole if file in short]


def test_the_request_passes_the_files_in_the_order_told() -> None:
    listed = [Path(file).stem for file, _ in documents.steps("README.md") if "gateway/" in file]
    called = [
        *called_in(
            "gateway/app.py", "predict", "front_end|auth|routes|limiting|picture_by_url|answering"
        ),
        *called_in("gateway/answering.py", "answer", "pipeline|cache"),
    ]
    assert ["app", *called, "forwarding"] == listed


def called_in(file: str, function: str, names: str) -> list[str]:
    """Which of the modules and objects a function calls, in its order."""
    body = documents.text(file).partition(f"def {function}")[2].partition("\n\n\n")[0]
    return [*dict.fromkeys(re.findall(rf"\b({names})\b(?=\.\w+[.(])", body.partition('"""\n')[2]))]


def test_the_bake_passes_the_files_in_the_order_told() -> None:
    listed = [Path(file).stem for file, _ in documents.steps("docs/architecture/02-a-bake.md")]
    steps = listed[listed.index("pipeline") + 1 :]
    bake = documents.text("services/bake/pipeline.py").partition("def bake")[2]
    called = dict.fromkeys(re.findall(r"\b(\w+)\.\w+\(", bake.partition("\n\n\n")[0]))
    assert len(called) > 8
    assert [each for each in steps if each in called] == [each for each in called if each in steps]


def test_every_link_leads_somewhere() -> None:
    for document in documents.DOCUMENTS:
        for link in re.findall(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)", documents.text(document)):
            assert (stack.ROOT / document).parent.joinpath(link).exists(), (document, link)


def test_the_wheel_is_named_by_its_version() -> None:
    for document in CURRENT:
        for version in re.findall(r"passerelle-([\d.]+)-py3", documents.text(document)):
            assert version == passerelle.__version__, document


def test_every_module_says_what_it_is_for() -> None:
    for file in definitions():
        source = (stack.ROOT / file).read_bytes()
        assert ast.get_docstring(ast.parse(source)) or not source, file
