"""Why a file can't be read, in words that say what to do.

    except (OSError, ValueError) as error:
        raise KeysError(f"{path} {file_errors.reason(path, error)}")

Every process says it alike, of every file that its settings name.
"""

import os
from pathlib import Path

IN_A_CONTAINER = "if it is mounted into a container, do so outside"


def reason(path: Path, error: Exception) -> str:
    """What follows the path in a sentence, without a full stop."""
    if isinstance(error, PermissionError):
        return f"can't be read by user {os.geteuid()}, whom this process runs as; {_remedy(path)}"
    if isinstance(error, IsADirectoryError):
        return (
            "is a folder; put a file there. Docker makes a folder where a file that it is to "
            "mount is not there"
        )
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "is not there"
    if isinstance(error, UnicodeDecodeError):
        return "is not text in UTF-8; save it as that"
    return f"can't be read: {getattr(error, 'strerror', None) or error}"


def _remedy(path: Path) -> str:
    """What lets this process read a file that it may not."""
    closed = [each for each in reversed(path.absolute().parents) if not os.access(each, os.X_OK)]
    if closed:
        return f"let it into the folder: chmod a+x {closed[0]} ({IN_A_CONTAINER})"
    return (
        f"give it the file: chown {os.geteuid()} {path}, or, where it is no secret, "
        f"chmod a+r {path} ({IN_A_CONTAINER})"
    )
