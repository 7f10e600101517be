"""bench/stack.py: how a checkout's gateway is started."""

from pathlib import Path

from bench import stack


def test_a_gateway_is_started_in_its_own_checkout(tmp_path: Path) -> None:
    command = stack.gateway_command(tmp_path / "before", {}, tmp_path / "log")
    assert command.arguments[:2] == ["env", f"--chdir={tmp_path}/before"]
    assert command.arguments[-1] == f"{tmp_path}/before/gateway/gunicorn.conf.py"
