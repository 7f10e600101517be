"""The command that tries odd inputs."""

import pytest

from tests.fuzz import __main__
from tests.fuzz.target import Found


def test_each_target_is_tried_for_its_part_of_the_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["fuzz", "--minutes", "0.002", "--target", "requests"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("requests: ")


def test_what_came_of_it_is_a_line() -> None:
    found = Found(tried=3, slowest=0.5, faults=[("KeyError", b"")])
    found.counts.update(["taken", "taken", "422 UnprocessableContent"])
    assert __main__.text("pictures", found) == (
        "pictures: 3 tried: 2 taken, 1 422 UnprocessableContent; the slowest took 0.50 s; 1 faults"
    )
