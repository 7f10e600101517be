"""Whatever an architecture's module is made of beside what is installed is found without a run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from passerelle.artifact import module_closure
from passerelle.manifest.model import Recipe

Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files, by their path, into the folder of the manifest, and gives it."""

    def write_files(texts: dict[str, str]) -> Path:
        for name, text in texts.items():
            path = tmp_path / "own" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "own"

    return write_files


def recipe(*folders: Path, architecture: str = "nets:net") -> Recipe:
    return Recipe(
        id="own",
        architecture=architecture,
        weights="random",
        module_folders=tuple(map(str, folders)),
    )


def names(*folders: Path, architecture: str = "nets:net") -> set[str]:
    return set(module_closure.of(recipe(*folders, architecture=architecture)).files)


ELSE = {
    "other.py": "", "models.yaml": "", "README.md": "", "setup.py": "", "conftest.py": "",
    "data/1.jpg": "", ".git/config": "",
}  # fmt: skip


def test_a_single_file_is_all_there_is(write: Write) -> None:
    assert names(write({"nets.py": "import torch", **ELSE})) == {"nets.py"}


def test_a_package_is_gathered_whole_with_its_data(write: Write) -> None:
    files = {"nets/__init__.py": "", "nets/a.py": "", "nets/data.json": "{}", "nets/deep/b.py": ""}
    assert names(write({**files, **ELSE, "nets/__pycache__/a.pyc": ""})) == set(files)


@pytest.mark.parametrize(
    "source",
    [
        "import layers",
        "from layers import *",
        "def net():\n    from layers import SCALE",
        "import importlib\nL = importlib.import_module('layers')",
        "__import__('layers')",
        "NAME = 'layers'\nimport importlib\nimportlib.import_module(NAME)",
        "from hydra.utils import get_class\nget_class('layers.Scale')",
        "import pkgutil\npkgutil.resolve_name('layers:SCALE')",
        "exec(open('layers.py').read())",
        "import runpy\nrunpy.run_path('./layers.py')",
        "try:\n    import layers\nexcept ImportError:\n    pass",
        "import middle",
    ],
)
def test_a_module_beside_is_found_however_it_is_imported(write: Write, source: str) -> None:
    folder = write(
        {"nets.py": source, "layers.py": "import last", "last.py": "import nets", **ELSE}
    )
    (folder / "middle.py").write_text("from layers import SCALE")
    assert names(folder) - {"middle.py"} == {"nets.py", "layers.py", "last.py"}


@pytest.mark.parametrize(
    "source",
    ["import models.deep.net", "from models import deep", "from models.deep import net",
     "import importlib\nimportlib.import_module(f'models.{name}')",
     "import importlib\nimportlib.import_module('models.deep.net')",
     "import sys\nsys.path.insert(0, 'models')\nimport net"],
)  # fmt: skip
@pytest.mark.parametrize("init", ["", "models/__init__.py"])
def test_a_package_beside_is_found_with_or_without_init(
    write: Write, source: str, init: str
) -> None:
    files = {"nets.py": source, "models/deep/net.py": "", "models/deep/means.csv": ""}
    files |= {init: ""} if init else {}
    assert names(write({**files, **ELSE})) == set(files)


def test_a_name_in_capitals_a_compiled_module_and_a_package_before_a_module(write: Write) -> None:
    files = {
        "nets.py": "import Layers, fast, both", "Layers.py": "",
        "fast.cpython-311-x86_64-linux-gnu.so": "", "both/__init__.py": "",
    }  # fmt: skip
    assert names(write({**files, "both.py": "", "layers.py": ""})) >= set(files)
    assert "both.py" not in names(write(files))


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ("open('config.json')", "config.json"),
        ("Path(__file__).with_name('net.pth')", "net.pth"),
        ("Path(__file__).parent / 'conf' / 'a.yaml'", "conf/a.yaml"),
        ("os.path.join(HERE, 'conf', 'deep', 'a.csv')", "conf/deep/a.csv"),
        ("open('./conf/a.txt')", "conf/a.txt"),
        ("open(f'conf/{size}.yaml')", "conf/50.yaml"),
        ("open('conf/net_' + size)", "conf/net_50"),
        ("glob.glob('conf/*.yaml')", "conf/a.yaml"),
        ("CONF = Path('conf')", "conf/a.yaml"),
        ("open(b'NAMES')", "NAMES"),
        ("import layers", "table.npy"),
    ],
)
def test_data_that_the_code_names_is_found_and_no_other(
    write: Write, source: str, data: str
) -> None:
    folder = write({"nets.py": source, data: "x", **ELSE})
    write({"layers.py": "np.load('table.npy')"} if "layers" in source else {})
    assert names(folder) - {"layers.py"} == {"nets.py", data}


@pytest.mark.parametrize("text", ["/etc/passwd", "../outside.txt", "", ".", "..", "~/x", "/"])
def test_what_lies_elsewhere_is_not_looked_for(write: Write, text: str) -> None:
    folder = write({"nets.py": f"open({text!r})", **ELSE})
    (folder.parent / "outside.txt").touch()
    assert names(folder) == {"nets.py"}


def test_a_linked_module_and_a_linked_package_are_found(write: Write, tmp_path: Path) -> None:
    (tmp_path / "shared" / "layers").mkdir(parents=True)
    (tmp_path / "shared" / "layers" / "a.py").touch()
    (tmp_path / "shared" / "one.py").touch()
    folder = write({"nets.py": "import layers.a, one"})
    (folder / "layers").symlink_to("../shared/layers")
    (folder / "one.py").symlink_to("../shared/one.py")
    assert names(folder) == {"nets.py", "layers/a.py", "one.py"}


def test_a_module_of_the_current_folder_is_found_beside_the_manifests(
    write: Write, tmp_path: Path
) -> None:
    current = tmp_path / "current"
    current.mkdir()
    (current / "layers.py").write_text("open('means.json')")
    (current / "means.json").touch()
    folder = write({"nets.py": "import layers"})
    assert names(folder, current) == {"nets.py", "layers.py", "means.json"}


def test_an_editable_installation_counts_file_by_file(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "project" / "src"
    (source / "ownlib").mkdir(parents=True)
    (source / "ownlib" / "__init__.py").write_text("from ownlib import a")
    (source / "ownlib" / "a.py").touch()
    monkeypatch.syspath_prepend(str(source))
    folder = write({"nets.py": "import ownlib"})
    assert names(folder) == {"nets.py", "ownlib/__init__.py", "ownlib/a.py"}
    assert names(folder, architecture="ownlib.a:net") == {"ownlib/__init__.py", "ownlib/a.py"}


def test_what_no_imported_source_names_is_not_looked_for(write: Write) -> None:
    files = {
        "own/nets.py": "from . import blocks", "own/blocks.py": "open('config.json')",
        "own/train.py": "import wandb, helper\nopen('README.md')\nopen('models.yaml')",
    }  # fmt: skip
    folder = write({**files, **ELSE, "config.json": "", "helper.py": ""})
    assert names(folder, architecture="own.nets:net") == {*files, "config.json"}


def test_but_where_sources_are_imported_by_a_computed_name_all_of_them_count(write: Write) -> None:
    source = "import importlib\nimportlib.import_module('.' + name, __package__)"
    files = {"own/nets.py": source, "own/deep/blocks.py": "from .. import nets\nimport helper"}
    assert names(write({**files, "helper.py": ""}), architecture="own.nets:net") == {
        *files, "helper.py",
    }  # fmt: skip


def test_what_the_arguments_name_is_found(write: Write) -> None:
    folder = write({"nets.py": "", "a.pth": "", "b.yaml": "", "c.pth": "", **ELSE})
    given = recipe(folder).model_copy(
        update={"arguments": ["a.pth", 1], "keywords": {"x": {"config": ["b.yaml", "none"]}}}
    )
    assert set(module_closure.of(given).files) == {"nets.py", "a.pth", "b.yaml"}


def test_what_is_installed_is_named_and_not_gathered(write: Write) -> None:
    folder = write({"nets.py": "import layers", "layers.py": "import numpy.linalg, torch"})
    found = module_closure.of(recipe(folder))
    assert {"numpy", "torch"} == found.installed
    assert not {"nets", "layers"} & found.installed
    found = module_closure.of(recipe(folder, architecture="numpy:zeros"))
    assert not found.files
    assert found.installed == {"numpy"}


def test_a_file_that_is_not_python_is_gathered_and_not_read(write: Write) -> None:
    assert names(write({"nets.py": "print 'Python 2'"})) == {"nets.py"}


def test_the_folders_are_those_in_which_a_new_file_may_count(write: Write) -> None:
    folder = write({"nets.py": "import layers\nopen(f'conf/{x}')", "layers/a.py": "", "conf/a": ""})
    assert module_closure.of(recipe(folder)).folders == {folder / "layers", folder / "conf"}


def test_a_handlers_closure_is_without_the_architectures(tmp_path: Path) -> None:
    for name, text in {
        "nets.py": "import torch",
        "own.py": "import numpy, beside",
        "beside.py": "NAME = 'names.txt'",
        "names.txt": "a",
        "argument.txt": "b",
    }.items():
        (tmp_path / name).write_text(text)
    given = Recipe(
        id="net", architecture="nets:Net", arguments=["argument.txt"], weights="random",
        handler="own:Handler", module_folders=(str(tmp_path),),
    )  # fmt: skip
    found = module_closure.of_handler(given)
    assert set(found.files) == {"own.py", "beside.py", "names.txt"}
    assert "numpy" in found.installed
    module_closure.refuse_foreign_imports(given)
    assert {"nets.py", "own.py", "argument.txt"} <= set(module_closure.of(given).files)
