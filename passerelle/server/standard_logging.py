"""What others log, and what ends a thread, as lines of our log: gunicorn, libraries, tracebacks."""

import logging
import sys
import threading
import traceback
from types import TracebackType

from gunicorn.config import Config
from gunicorn.glogging import Logger as GunicornLogger

from passerelle.server import log

SEVERITIES = {"CRITICAL": "ERROR", "ERROR": "ERROR", "WARNING": "WARNING"}  # all else is INFO


class Formatter(logging.Formatter):
    """Writes a record of the standard library as a line of ours."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        error = record.exc_info[1] if record.exc_info else None
        return log.line(
            SEVERITIES.get(record.levelname, "INFO"),
            record.getMessage(),
            logger=record.name,
            **({"traceback": trace_of(error)} if error else {}),
        )


class Logger(GunicornLogger):
    """gunicorn's own logger, whose every line is one of ours."""

    def setup(self, cfg: Config) -> None:
        """Take gunicorn's settings, and whatever else would write as it likes."""
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(Formatter())
        install()


def install() -> None:
    """Have libraries, warnings and exceptions that nobody catches write such lines as well."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = uncaught
    sys.unraisablehook = lambda given: (  # of __del__, and of callbacks of weak references
        uncaught(given.exc_type, given.exc_value, given.exc_traceback)
    )
    threading.excepthook = lambda given: (
        uncaught(given.exc_type, given.exc_value, given.exc_traceback)
        if given.exc_type is not SystemExit
        else None
    )


def uncaught(
    kind: type[BaseException], error: BaseException | None, _: TracebackType | None
) -> None:
    """Write an exception that ends a thread or the process, or has nobody to be raised to."""
    text = trace_of(error) if error else kind.__name__
    sys.stderr.write(log.line("ERROR", "unforeseen error", traceback=text) + "\n")


def trace_of(error: BaseException) -> str:
    """An exception with its traceback."""
    return "".join(traceback.format_exception(error))
