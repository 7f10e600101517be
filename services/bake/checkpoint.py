"""A checkpoint's file -> what it holds: nested mappings and lists of tensors. Its code never runs.

Read are safetensors, TorchScript, and whatever `torch.save` wrote, also in its older formats. A
pickle may name any class: each becomes an `UnknownObject`, which keeps what was pickled and has no
code. Other files are told as what they are.
"""

import dataclasses
import pickle
import types
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Self

import safetensors.torch
import torch

from passerelle.artifact.weight_sources import WeightsError

SAVE_AGAIN = "save the module's state_dict() with torch.save, or as .safetensors"

# What a file of another kind begins with, at which byte, what it is, and what to do.
OTHER_FILES = (
    (0, b"version https://git-lfs", "a pointer of Git LFS and not the file; run git lfs pull"),
    (0, b"<", "a web page or XML, not a checkpoint; download it again, by its direct address"),
    (0, b"{", "JSON, as the index of a checkpoint in several files is; join them in one file"),
    (0, b"\x89HDF", f"HDF5, as Keras writes it; load it into the torch module and {SAVE_AGAIN}"),
    (0, b"\x93NUMPY", f"one NumPy array; load it into the torch module and {SAVE_AGAIN}"),
    (0, b"GGUF", f"GGUF; load it into the torch module and {SAVE_AGAIN}"),
    (4, b"TFL3", f"a TensorFlow Lite model; load it into the torch module and {SAVE_AGAIN}"),
    (0, b"\x1f\x8b", "packed by gzip; unpack it"),
    (0, b"BZh", "packed by bzip2; unpack it"),
    (0, b"\xfd7zXZ", "packed by xz; unpack it"),
    (0, b"7z\xbc\xaf", "a 7z archive; unpack it"),
    (
        257,
        b"ustar",
        f"a tar archive; unpack it, or load an old one with PyTorch 0.1 and {SAVE_AGAIN}",
    ),
)
# The names by which an archive that torch doesn't call a checkpoint shows what it is.
OTHER_ARCHIVES = (
    ("archive_format", f"a program of torch.export; {SAVE_AGAIN}"),
    ("serialized_exported_program.json", f"a program of torch.export; {SAVE_AGAIN}"),
    ("model.weights.h5", f"a Keras model; load it into the torch module and {SAVE_AGAIN}"),
    (".npy", f"NumPy arrays; load them into the torch module and {SAVE_AGAIN}"),
)


REBUILD = torch._utils  # noqa: SLF001  # pickles of tensors name its functions


def without_state(data: Any, requires_grad: Any, hooks: Any, _: object) -> Any:
    """A parameter that has attributes of its own, without these."""
    parameter: Any = REBUILD._rebuild_parameter  # noqa: SLF001  # as above
    return parameter(data, requires_grad, hooks)


def as_plain_tensor(rebuild: Any, _: object, arguments: Any, __: object) -> Any:
    """A tensor of a subclass, as fastai has them, without its class."""
    return rebuild(*arguments)


# What a pickle may name and get, beside torch's data types: what makes tensors of their storages.
ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("torch.storage", "UntypedStorage"): torch.UntypedStorage,
    ("torch._utils", "_rebuild_parameter_with_state"): without_state,
    ("torch._tensor", "_rebuild_from_type_v2"): as_plain_tensor,
} | {
    ("torch._utils", name): getattr(REBUILD, name)
    for name in (
        "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter",
    )
}  # fmt: skip


class UnknownObject(dict[Any, Any]):
    """What a pickle holds of a class that isn't allowed: its items and its state, and no code."""

    state: Any = None  # what the object's __setstate__ would have been given

    def __new__(cls, *_: object, **__: object) -> Self:
        """Take any arguments, and keep none."""
        return super().__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__()

    def __call__(self, *_: object, **__: object) -> "UnknownObject":
        """What a pickle calls is as unknown as what it gives."""
        return type(self)()

    def __setstate__(self, state: object) -> None:
        self.state = state

    def append(self, _: object) -> None:
        """Take the items of a class that is a list."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # a pickle may use it as a key


class RestrictedUnpickler(pickle.Unpickler):
    """Unpickles what is ALLOWED; any other class or function becomes a class without code.

    Source: "Restricting Globals" in Python's documentation of pickle.
    """

    unknown: set[str]  # of each subclass: the names of what isn't allowed

    def find_class(self, module_name: str, global_name: str) -> Any:
        """What a pickle gets for a name."""
        module_name = module_name.replace("__builtin__", "builtins")
        if (module_name, global_name) in ALLOWED:
            return ALLOWED[module_name, global_name]
        if module_name == "torch" and isinstance(getattr(torch, global_name, 0), torch.dtype):
            return getattr(torch, global_name)
        self.unknown.add(f"{module_name}.{global_name}")
        return type(global_name, (UnknownObject,), {})


class TorchscriptUnpickler(RestrictedUnpickler):
    """Unpickles the `data.pkl` of an archive of torch.jit.save: its tensors, and none of its code.

    torch.jit.load would run the methods that are called when an object is unpickled.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        super().__init__(archive.open(name))
        self.unknown = set()
        self._archive, self._folder = archive, name.removesuffix("data.pkl")
        self._storages: dict[str, torch.TypedStorage] = {}

    def find_class(self, module_name: str, global_name: str) -> Any:
        """What a pickle gets for a name; of a storage's class its data type."""
        if module_name == "torch" and global_name.endswith("Storage"):
            return getattr(torch, global_name).dtype
        return super().find_class(module_name, global_name)

    def persistent_load(self, pid: Any) -> torch.TypedStorage:
        """The storage of a tensor, which is a file of its own."""
        _, dtype, key, *_ = pid
        if key not in self._storages:
            content = bytearray(self._archive.read(f"{self._folder}data/{key}"))
            untyped = torch.frombuffer(content or bytearray(1), dtype=torch.uint8).untyped_storage()
            self._storages[key] = torch.TypedStorage(  # type: ignore[no-untyped-call]  # torch's own
                wrap_storage=untyped, dtype=dtype
            )
        return self._storages[key]


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """What a file holds: nested mappings and sequences with tensors in them."""

    content: Any
    unknown: tuple[str, ...] = ()  # the classes in a pickle that aren't allowed, by name


def read(path: Path) -> Checkpoint:
    """Read a checkpoint's file, whatever its name.

    Raises:
        WeightsError: it is no checkpoint, or broken; the text says what it is, and what to do.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise WeightsError(f"{path} is empty; copy or download it again.")
    if head.startswith(b"PK\x03\x04"):
        return read_archive(path)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size:
        return read_safetensors(path)
    refuse_other(path, head)
    return read_saved(path)


def read_archive(path: Path) -> Checkpoint:
    """What torch.save, or torch.jit.save, wrote in the format of today: a ZIP archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        raise broken(path, "the end of the archive is missing") from None
    pickled = next((name for name in names if name.endswith("data.pkl")), None)
    if pickled and pickled.replace("data.pkl", "constants.pkl") in names:
        return read_torchscript(path, pickled)
    if pickled:
        return read_saved(path)
    for ending, what in OTHER_ARCHIVES:
        if any(name.endswith(ending) for name in names):
            raise WeightsError(f"{path} is {what}.")
    raise WeightsError(f"{path} is a ZIP archive without a checkpoint of torch's; unpack it.")


def read_torchscript(path: Path, name: str) -> Checkpoint:
    """The module that torch.jit.save wrote, as its tensors. `name` is of its pickle."""
    try:
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path) as archive:
            unpickler = TorchscriptUnpickler(archive, name)
            content = unpickler.load()
    except Exception as error:  # pickle says: any exception may come of a broken one
        raise broken(path, str(error)) from error
    return Checkpoint(content, tuple(sorted(unpickler.unknown)))


def read_safetensors(path: Path) -> Checkpoint:
    """The tensors of a safetensors file."""
    try:
        return Checkpoint(safetensors.torch.load_file(path))
    except (safetensors.SafetensorError, OSError, ValueError, KeyError) as error:
        raise broken(path, str(error)) from error


def read_saved(path: Path) -> Checkpoint:
    """What torch.save wrote, in any of its formats."""
    unknown: set[str] = set()
    unpickler = type("Unpickler", (RestrictedUnpickler,), {"unknown": unknown})
    restricted = types.SimpleNamespace(
        __name__="restricted pickle",
        Unpickler=unpickler,
        load=lambda file, **options: unpickler(file, **options).load(),
    )
    try:
        with warnings.catch_warnings(action="ignore"):  # of classes whose source isn't here
            content = torch.load(
                path,
                map_location="cpu",
                pickle_module=restricted,
                weights_only=False,  # which refuses what becomes an object without code here
            )
    except Exception as error:  # pickle says: any exception may come of a broken one
        raise broken(path, str(error)) from error
    return Checkpoint(content, tuple(sorted(unknown)))


def refuse_other(path: Path, head: bytes) -> None:
    """Return only if a file doesn't begin as those of another kind do.

    Raises:
        WeightsError
    """
    for offset, magic, what in OTHER_FILES:
        if head[offset:].lstrip(b"\xef\xbb\xbf \r\n" if magic in b"<{" else b"").startswith(magic):
            raise WeightsError(f"{path} is {what}.")
    if path.suffix == ".onnx":
        raise WeightsError(f"{path} is an ONNX model; write architecture: onnx to serve it.")
    if not head.startswith(b"\x80"):
        raise WeightsError(f"{path} is no checkpoint: neither torch.save nor safetensors wrote it.")


def broken(path: Path, why: str) -> WeightsError:
    """A file that begins as a checkpoint, and isn't one."""
    return WeightsError(
        f"{path} is broken or was cut short; copy or download it again, or {SAVE_AGAIN} "
        f"({' '.join(why.split())[:200]})."
    )
