"""The headers of a backend that the manifest gives: a text, `env:NAME` or `file:PATH`.

They go with every request to the backend, probes included, in place of a client's of the same name.
A file is read again and again, so that a secret is replaced without a restart. What it holds counts
once it was the same at two looks, since at the first it may still be written to. No value is ever
in a log, a message or a repr.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.transport import Credentials, CredentialsError
from passerelle.manifest.backend_fields import HEADER_TEXT
from passerelle.protocol import file_errors
from passerelle.server import daemon_thread, log

VALUE = "value"  # the file with a secret, in a folder that is named like the manifest's file

Content = str | OSError  # of a file, or why it can't be read


class BackendHeaders:
    """The headers of one backend. Per process, of its event loop alone.

    `variable` gives the text of an environment variable, and `folder` is where the files are,
    unless they are where the manifest says. Until the first `refresh`, no file is there.
    """

    def __init__(
        self,
        written: Mapping[str, str],
        variable: Callable[[str], str] = lambda _: "",
        folder: Path | None = None,
    ) -> None:
        self._written = written
        self._texts: dict[str, str] = {}  # by what is written
        self._problems: dict[str, str] = {}  # the same: why there is none, where there is none
        self._last_look: dict[str, Content] = {}  # the same, of files
        self._files = {
            source: location(source, folder)
            for source in written.values() if source.startswith("file:")
        }  # fmt: skip
        for source in written.values():
            if source.startswith("env:"):
                self._take(source, variable(source.removeprefix("env:")))
            else:
                self._texts[source] = source
        self._problems |= {each: f"{called(each)} was not read yet" for each in self._files}

    @property
    def has_authorization(self) -> bool:
        """Whether one of them is Authorization, so that Google's token goes by another name."""
        return "authorization" in {name.lower() for name in self._written}

    async def refresh(self) -> None:
        """Read the files again. What goes wrong is told to whoever asks for the headers."""
        if not self._files:
            return
        found = await daemon_thread.run(read, self._files)
        for source, content in found.items():
            if str(self._last_look.get(source, content)) == str(content):
                self._take(source, content)
        self._last_look = found

    async def current(self) -> Mapping[str, str]:
        """The headers, by name.

        Raises:
            CredentialsError: says which variable or which file is missing.
        """
        for name, source in self._written.items():
            if reason := self._problems.get(source):
                raise CredentialsError(f"the header {name} is missing, since {reason}")
        return {name: self._texts[source] for name, source in self._written.items()}

    def _take(self, source: str, content: Content) -> None:
        """Keep what a source holds, or why that can't be a header."""
        before, self._problems[source] = self._problems.get(source), problem(source, content)
        self._texts[source] = content.strip() if isinstance(content, str) else ""
        if self._problems[source] not in ("", before):
            path, message = self._files.get(source), "a backend's header is missing"
            why = file_errors.reason(path, content) if path and isinstance(content, OSError) else ""
            log.write("ERROR", message, reason=self._problems[source], file=f"{path} {why}".strip())


def location(source: str, folder: Path | None) -> Path:
    """Where the file of a `file:` is."""
    path = Path(source.removeprefix("file:"))
    return folder / path.name / VALUE if folder else path


def called(source: str) -> str:
    """What a source is called where people read of it: a file without its folder."""
    kind, _, name = source.partition(":")
    return f"the variable {name}" if kind == "env" else f"the file {Path(name).name}"


def problem(source: str, content: Content) -> str:
    """Why what a source holds can't be a header; nothing where it can."""
    if isinstance(content, FileNotFoundError | NotADirectoryError):
        return f"{called(source)} is not there"
    if isinstance(content, OSError):
        return f"{called(source)} can't be read"
    if not content.strip():
        return f"{called(source)} is {'not set' if source.startswith('env:') else 'empty'}"
    if not re.fullmatch(HEADER_TEXT, content.strip()):
        return f"{called(source)} holds more than one line of ASCII"
    return ""


def read(files: Mapping[str, Path]) -> dict[str, Content]:
    """What each file holds, or why it can't be read."""
    found: dict[str, Content] = {}
    for source, path in files.items():
        try:
            found[source] = path.read_bytes().decode("utf-8", errors="replace")
        except OSError as error:
            found[source] = error
    return found


def joined(*parts: Credentials | None) -> Credentials | None:
    """The headers of all parts, each replacing those before it; None where there is no part."""
    given = [each for each in parts if each]

    async def headers() -> Mapping[str, str]:
        found: dict[str, str] = {}
        for each in given:
            found |= await each()
        return found

    return headers if given else None
