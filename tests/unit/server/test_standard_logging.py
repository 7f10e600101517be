"""Other people's lines, as ours."""

import json
import logging
import sys
import threading

import pytest

from passerelle.server import standard_logging
from passerelle.server.standard_logging import Formatter

KEY = "psl_0123abcd_" + "s" * 43


def formatted(level: int, message: str, *arguments: object, error: bool = False) -> dict[str, str]:
    info = sys.exc_info() if error else None
    record = logging.LogRecord("gunicorn.error", level, "x.py", 1, message, arguments, info)
    line = Formatter().format(record)
    assert "\n" not in line
    found: dict[str, str] = json.loads(line)
    return found


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (logging.DEBUG, "INFO"),
        (logging.INFO, "INFO"),
        (logging.WARNING, "WARNING"),
        (logging.ERROR, "ERROR"),
        (logging.CRITICAL, "ERROR"),
    ],
)
def test_a_record_is_a_line_of_ours(level: int, severity: str) -> None:
    found = formatted(level, "Listening at: %s (%s)", "http://0.0.0.0:8080", 7)
    assert found["severity"] == severity
    assert found["message"] == "Listening at: http://0.0.0.0:8080 (7)"
    assert found["logger"] == "gunicorn.error"


def test_a_traceback_is_in_it_without_credentials() -> None:
    try:
        raise ValueError(f"no such key: {KEY}\nCookie: a=b")
    except ValueError:
        found = formatted(logging.ERROR, "Error with %s", KEY, error=True)
    assert found["message"] == "Error with [redacted]"
    assert "ValueError: no such key: [redacted]\nCookie: [redacted]" in found["traceback"]
    assert "test_standard_logging.py" in found["traceback"]


def test_what_can_be_raised_to_nobody_is_a_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Closing:
        def __del__(self) -> None:
            raise ValueError(KEY)

    for module, name in (
        (sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook"),
        (logging, "basicConfig"), (logging, "captureWarnings"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, lambda **_: None)
    standard_logging.install()
    Closing()
    found = json.loads(capsys.readouterr().err)
    assert found["severity"] == "ERROR"
    assert found["traceback"].endswith("ValueError: [redacted]\n")


def test_what_nobody_catches_is_a_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    standard_logging.uncaught(ValueError, ValueError(KEY), None)
    standard_logging.uncaught(KeyboardInterrupt, None, None)
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["traceback"] == "ValueError: [redacted]\n"
    assert second["traceback"] == "KeyboardInterrupt"
