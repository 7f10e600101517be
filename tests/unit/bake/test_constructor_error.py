"""What code of the user's raised, as a sentence."""

import importlib
import socket
import subprocess
import urllib.error
from pathlib import Path
from typing import Any

import pytest

from services.bake import constructor_error

FOLDERS = ["/home/me/project", "/somewhere"]


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    """The error with a traceback."""
    try:
        raise error from cause
    except BaseException as caught:
        return caught


def told(error: BaseException, folders: list[str] = FOLDERS) -> str:
    return constructor_error.sentence("nets:net", error, folders)


def test_type_and_text_stand_on_one_line_and_are_no_novel() -> None:
    assert told(RuntimeError("one\n  two.")) == "nets:net can't be made: RuntimeError: one two."
    assert told(AssertionError()) == "nets:net can't be made: AssertionError."
    assert len(told(RuntimeError("x" * 10_000))) < 500
    noted = RuntimeError("first")
    noted.add_note("more")
    assert told(noted) == "nets:net can't be made: RuntimeError: first."


class MuteError(Exception):
    """Can't be shown."""

    def __str__(self) -> str:
        raise ValueError


def test_an_error_that_can_not_be_shown_is_told_all_the_same() -> None:
    assert "MuteError" in told(MuteError())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Modules by path and text; gives what importing one raises."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / ".venv/lib/site-packages")

    def write(name: str, **texts: str) -> BaseException:
        for path, text in texts.items():
            file = tmp_path / f"{path.replace('__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        with pytest.raises(BaseException) as caught:  # noqa: PT011  # whatever it is
            importlib.import_module(name)
        return caught.value

    return write


def test_the_place_is_the_last_of_ones_own(project: Any, tmp_path: Path) -> None:
    error = project(
        "errnets.head",
        errnets__head="from errnets import deep\n\ndeep.go()\n",
        errnets__deep="import errdep\n\ndef go():\n    errdep.fail()\n",
    )
    assert "errnets/deep.py, line 1: import errdep)" in told(error, [str(tmp_path)])


def test_of_an_installed_package_its_own_file_is_named(project: Any, tmp_path: Path) -> None:
    site = tmp_path / ".venv/lib/site-packages"
    site.mkdir(parents=True)
    (site / "errinstalled.py").write_text("raise RuntimeError('no')\n")
    inside = project("errinstalled")
    text = told(inside, [str(tmp_path)])
    assert "(errinstalled.py, line 1: raise RuntimeError('no'))" in text
    outside = project("errown", errown="import errinstalled\n")
    assert "(errown.py, line 1: import errinstalled)" in told(outside, [str(tmp_path)])


def test_a_package_that_is_missing_is_named_as_pip_names_it() -> None:
    def missing(name: str) -> str:
        return told(ModuleNotFoundError(f"No module named {name!r}", name=name))

    assert "Run pip install timmx, and write timmx into requirements.txt" in missing("timmx")
    assert "Run pip install opencv-python-headless, " in missing("cv2")
    assert "Run pip install notherenets, " in missing("notherenets.models")
    assert "Another version of numpy may have it" in missing("numpy.notthere")


def test_a_module_that_is_missing_from_ones_own_package_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "mynets").mkdir()
    error = ModuleNotFoundError("No module named 'mynets.blocks'", name="mynets.blocks")
    assert "mynets lies beside models.yaml, but has no such module" in told(error, [str(tmp_path)])


def test_other_errors_of_an_import_are_told() -> None:
    relative = ImportError("attempted relative import with no known parent package")
    assert "leave out the dot" in told(relative)
    library = ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
    assert "opencv-python-headless needs none" in told(library)
    site = "/venv/lib/python3.11/site-packages/timmx/__init__.py"
    name = ImportError("cannot import name 'a' from 'timmx.b'", name="timmx.b", path=site)
    assert "Another version of timmx may have it" in told(name)
    own = ImportError("cannot import name 'a' from 'b'", name="b", path=f"{FOLDERS[0]}/b.py")
    assert told(own).endswith("cannot import name 'a' from 'b'.")


class LocalEntryNotFoundError(FileNotFoundError):
    """As huggingface_hub's."""

    __module__ = "huggingface_hub.errors"


@pytest.mark.parametrize(
    "error",
    [
        urllib.error.URLError(socket.gaierror(-2, "Name or service not known")),
        ConnectionRefusedError(111, "refused"),
        TimeoutError("timed out"),
        LocalEntryNotFoundError("cannot find the requested files in the disk cache"),
    ],
)
def test_what_wants_the_network_is_told_how_to_do_without(error: BaseException) -> None:
    for each in (error, raised(RuntimeError("no weights"), error)):
        assert "weights: file:PATH, with pretrained left out" in told(each)


def test_what_is_hidden_on_purpose_is_no_reason() -> None:
    error = raised(RuntimeError("other"))
    error.__context__, error.__suppress_context__ = TimeoutError(), True
    assert "TimeoutError" not in told(error)
    assert "It wants" not in told(error)


@pytest.mark.parametrize(
    "text",
    [
        "Torch not compiled with CUDA enabled",
        "Found no NVIDIA driver on your system",
        "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False",
    ],
)
def test_a_gpu_that_is_not_there_is_told(text: str) -> None:
    assert "leave out .cuda()" in told(RuntimeError(text))


def test_a_relative_file_is_told_where_it_was_looked_for() -> None:
    assert "Relative paths begin at /home/me/project" in told(
        FileNotFoundError(2, "No such file", "config.json")
    )
    assert "Relative" not in told(FileNotFoundError(2, "No such file", "/etc/config.json"))
    assert "Relative" not in told(FileNotFoundError("no model"))


def test_a_program_and_wrong_arguments_are_told() -> None:
    assert '__name__ == "__main__"' in told(SystemExit(2))
    assert "Check arguments and keywords." in told(TypeError("eps must be float, not str"))


def test_an_error_without_known_advice_has_none() -> None:
    assert told(subprocess.CalledProcessError(1, "make")).endswith("exit status 1.")
