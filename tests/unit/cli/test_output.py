"""passerelle/cli/output.py: text is printed as it is."""

import pytest

from passerelle.cli import output


def test_a_long_line_with_brackets_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    line = "[red]" + "x" * 300
    output.console.print(line)
    assert capsys.readouterr().out == line + "\n"
