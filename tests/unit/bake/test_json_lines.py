"""Lines of JSON for a parent process."""

import json
import os
import signal

import pytest

from services.bake import json_lines


def test_lines_are_all_that_standard_output_has(capfd: pytest.CaptureFixture[str]) -> None:
    with json_lines.on_stdout() as write:
        os.write(1, b"a library's words\n")
        write(step="convert", number=1)
        write(folder="é")
    out, err = capfd.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines == [{"step": "convert", "number": 1}, {"folder": "é"}]
    assert err == "a library's words\n"


def test_sigterm_ends_the_process_as_an_exception_does() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        json_lines.exit_on_sigterm()
        with pytest.raises(SystemExit) as raised:
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert raised.value.code == 143
