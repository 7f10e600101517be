"""What code of the user's raised -> a sentence: what, where in that code, and what to do."""

import importlib.util
import re
import traceback
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from passerelle.artifact.import_closure import ROOT

OURS = (ROOT / "services", ROOT / "passerelle")
INSTALLED = {"site-packages", "dist-packages"}
DISTRIBUTIONS = {  # of modules that pip knows by another name
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "open_clip": "open_clip_torch",
    "google": "protobuf",
}
CLIENTS = {"aiohttp", "httpcore", "httpx", "huggingface_hub", "requests", "urllib3"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of a terminal
LONGEST = 400  # characters of what was raised


def sentence(architecture: str, error: BaseException, folders: Sequence[str]) -> str:
    """What to tell of an error. `folders` are those of the user's modules, by absolute path."""
    told = f"{architecture} can't be made: {message(error)}"
    where, hint = place(error, folders), advice(error, folders)
    return f"{told}{f' ({where})' if where else ''}. {hint}".rstrip()


def message(error: BaseException) -> str:
    """The error's type and text, on one line."""
    if isinstance(error, SystemExit):
        return f"it ended the program with sys.exit({error.code!r})"
    lines = traceback.format_exception_only(error)
    text = lines[-1] if isinstance(error, SyntaxError) else lines[0]
    return " ".join(_COLOURS.sub("", text).split())[:LONGEST].rstrip(".")


def place(error: BaseException, folders: Sequence[str]) -> str:
    """The file, line and text that it came from: the last of the user's own, else of any but ours.

    Empty where only our code was running.
    """
    stack = traceback.extract_tb(error.__traceback__)
    frames = [(each.filename, each.lineno, each.line) for each in stack]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno, error.text))
    others = [frame for frame in frames if not _is_ours(frame[0])]
    own = [frame for frame in others if _folder_of(frame[0], folders)]
    if not others:
        return ""
    file, number, line = (own or others)[-1]
    code = (line or "").strip()[:100]
    return f"{_short(file, folders)}, line {number}{f': {code}' if code else ''}"


def _short(file: str, folders: Sequence[str]) -> str:
    """A file without the folder that it was found in."""
    for name in INSTALLED:
        file = file.rpartition(f"/{name}/")[2]
    folder = _folder_of(file, folders)
    return str(Path(file).relative_to(folder)) if folder else file


def _is_ours(file: str) -> bool:
    """Whether a frame is of our code, or of Python's own import."""
    inside = any(Path(file).is_relative_to(folder) for folder in OURS)
    return file.startswith("<frozen") or file == importlib.__file__ or inside


def _folder_of(file: str, folders: Sequence[str]) -> str | None:
    """The folder of the user's modules that a file lies in; None for one that is installed."""
    inside = (each for each in folders if Path(file).is_relative_to(each))
    folder = next(inside, None)
    return folder if folder and INSTALLED.isdisjoint(Path(file).parts) else None


def advice(error: BaseException, folders: Sequence[str]) -> str:
    """What to do, for the errors of which it is known; empty for others."""
    found = (advise(each, folders) for each in causes(error) for advise in ADVICE)
    return next((text for text in found if text), "")


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that it came of, however far."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def missing_module(error: BaseException, folders: Sequence[str]) -> str:
    """Of a module that isn't there: which package to install."""
    if not (isinstance(error, ModuleNotFoundError) and error.name):
        return ""
    top = error.name.partition(".")[0]
    if any(Path(folder, each).exists() for folder in folders for each in (top, f"{top}.py")):
        return f"{top} lies beside models.yaml, but has no such module in it."
    if top != error.name and importlib.util.find_spec(top):
        return f"Another version of {top} may have it: name that in requirements.txt."
    package = DISTRIBUTIONS.get(top, top)
    return f"Run pip install {package}, and write {package} into requirements.txt for images."


def bad_import(error: BaseException, folders: Sequence[str]) -> str:
    """Of an import that fails otherwise: what to change or to install."""
    if not isinstance(error, ImportError):
        return ""
    text = str(error)
    if "no known parent package" in text:
        return "A file beside models.yaml is in no package: leave out the dot, or make it one."
    if "cannot open shared object file" in text:
        return (
            "The system lacks that library: install the package that has it. Of OpenCV, "
            "opencv-python-headless needs none."
        )
    if error.name and error.path and not _folder_of(error.path, folders):
        top = error.name.partition(".")[0]
        return f"Another version of {top} may have it: name that in requirements.txt."
    return ""


def no_network(error: BaseException, _: Sequence[str]) -> str:
    """Of a download that failed: what to do without one."""
    by_client = type(error).__module__.partition(".")[0] in CLIENTS
    if not (by_client or isinstance(error, (urllib.error.URLError, ConnectionError, TimeoutError))):
        return ""
    return (
        "It wants the network, and got nothing from there. Download what it needs and put it "
        "beside models.yaml: a checkpoint as weights: file:PATH, with pretrained left out."
    )


def no_gpu(error: BaseException, _: Sequence[str]) -> str:
    """Of a GPU that isn't there."""
    text = message(error).lower()
    if "cuda" not in text and "nvidia" not in text:
        return ""
    return (
        "A bake makes the network on the processor: leave out .cuda() and .to('cuda'), and give "
        "torch.load map_location='cpu'."
    )


def no_file(error: BaseException, folders: Sequence[str]) -> str:
    """Of a file that isn't there: where a relative path begins."""
    name = error.filename if isinstance(error, OSError) else None
    if not isinstance(name, str) or Path(name).is_absolute() or not folders:
        return ""
    return f"Relative paths begin at {folders[0]}, where models.yaml is."


def no_program(error: BaseException, _: Sequence[str]) -> str:
    """Of a module that runs a program when it is imported."""
    if not isinstance(error, SystemExit):
        return ""
    return 'Put what only a program does under if __name__ == "__main__".'


def wrong_arguments(error: BaseException, _: Sequence[str]) -> str:
    """Of arguments that a constructor doesn't take."""
    return "Check arguments and keywords." if isinstance(error, (TypeError, ValueError)) else ""


ADVICE: tuple[Callable[[BaseException, Sequence[str]], str], ...] = (
    missing_module,
    bad_import,
    no_network,
    no_gpu,
    no_file,
    no_program,
    wrong_arguments,
)
