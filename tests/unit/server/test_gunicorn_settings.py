"""What gunicorn runs every process with."""

from gunicorn import util
from gunicorn.config import Config

from passerelle.server import gunicorn_settings, worker


def test_gunicorn_knows_every_setting_and_takes_its_value() -> None:
    config = Config()
    given = {name: value for name, value in vars(gunicorn_settings).items() if name[0] != "_"}
    assert "worker_class" in given
    for name, value in given.items():
        config.set(name, value)


def test_the_worker_is_ours() -> None:
    assert util.load_class(gunicorn_settings.worker_class) is worker.Worker


def test_a_worker_drains_and_finishes_before_gunicorn_kills_it() -> None:
    longest = worker.MAX_DRAIN_SECONDS + worker.QUIET_SECONDS + worker.FINISH_SECONDS
    assert longest < gunicorn_settings.graceful_timeout
