"""What gunicorn runs every process with."""

from gunicorn.config import Config

from passerelle.server import gunicorn_settings


def test_gunicorn_knows_every_setting_and_takes_its_value() -> None:
    config = Config()
    given = {name: value for name, value in vars(gunicorn_settings).items() if name[0] != "_"}
    assert len(given) >= 9
    for name, value in given.items():
        config.set(name, value)
