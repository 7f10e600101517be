"""Every command that a document shows is run by a test, or by CI itself, with options it has.

RUN_BY has a line for each: where it is run, and the words by which one finds that there.
"""

import re

import click
import pytest

from passerelle.cli.main import main
from tests.support import documents

WHEEL, OWN, SWARM = (
    "tests/system/test_wheel.py", "tests/e2e/test_own_folder.py", "tests/e2e/test_swarm.py",
)  # fmt: skip
KEYS = "tests/system/test_keys.py"
COMPOSE, MAKEFILE = "tests/e2e/test_compose.py", "tests/system/test_makefile.py"
RUN_BY = {
    "passerelle": (WHEEL, '"--version"'),
    "passerelle bake": (WHEEL, 'run("bake"'),
    "passerelle check": (WHEEL, 'run("check"'),
    "passerelle evaluate": (WHEEL, 'run("evaluate"'),
    "passerelle init": (WHEEL, 'run("init"'),
    "passerelle keys list": (KEYS, 'keys(folder, "list"'),
    "passerelle keys new": (WHEEL, 'run("keys", "new"'),
    "passerelle keys revoke": (KEYS, 'keys(folder, "revoke"'),
    "passerelle keys rotate": (KEYS, 'keys(folder, "rotate"'),
    "passerelle models": (WHEEL, 'run("models"'),
    "passerelle predict": (WHEEL, 'run("predict"'),
    "passerelle promote": ("tests/system/test_rollout_example.py", 'run(up, "promote"'),
    "passerelle render cloudrun": (WHEEL, 'run("render", "cloudrun"'),
    "passerelle render compose": (WHEEL, 'run("render", "compose"'),
    "passerelle render swarm": (WHEEL, 'run("render", "swarm"'),
    "passerelle usage": ("tests/system/test_usage.py", '"usage", "--state"'),
    "passerelle up": (WHEEL, '"passerelle", "up"'),
    "pip install": ("tests/support/wheel.py", '"install"'),
    "make bench": ("tests/system/test_bench.py", '"bench.compare"'),
    "make chaos": ("tests/system/test_chaos.py", '"tests.chaos"'),
    "make check": (".ci/run", "make check"),
    "make coverage": ("Makefile", "test: coverage system"),
    "make docker-up": ("tests/e2e/test_docker_up.py", "docker_up.py"),
    "make docs": ("Makefile", "$(MAKE) --no-print-directory docs"),
    "make e2e": (".ci/run", "PASSERELLE_E2E=required make --keep-going test"),
    "make format": (MAKEFILE, '"format"'),
    "make help": (MAKEFILE, '"help"'),
    "make lock": (MAKEFILE, '"lock"'),
    "make render": (MAKEFILE, '"render"'),
    "make system": ("Makefile", "test: coverage system"),
    "make test": (".ci/run", "make --keep-going test"),
    "make unit": ("pyproject.toml", 'testpaths = ["tests"]'),  # a part of `make test`
    "make up": ("tests/support/stack.py", '"up"'),
    "make wheel": (MAKEFILE, '"wheel"'),
    "make words": (MAKEFILE, '"words"'),
    "python bench.accuracy": ("tests/system/test_bench.py", '"bench.accuracy"'),
    "python bench.backends": ("tests/system/test_bench.py", '"bench.backends"'),
    "python bench.compare": ("tests/system/test_bench.py", '"bench.compare"'),
    "python bench.grpc_look": ("tests/system/test_bench.py", '"bench.grpc_look"'),
    "python bench.hop": ("tests/system/test_bench.py", '"bench.hop"'),
    "python bench.memory": ("tests/system/test_bench.py", '"bench.memory"'),
    "python bench.mirror": ("tests/system/test_bench.py", '"bench.mirror"'),
    "python bench.quota": ("tests/system/test_bench.py", '"bench.quota"'),
    "python bench.slow_clients": ("tests/system/test_bench.py", '"bench.slow_clients"'),
    "python bench.soak": ("tests/system/test_bench.py", '"bench.soak"'),
    "python bench.tasks": ("tests/system/test_bench.py", '"bench.tasks"'),
    "python tests.fuzz": ("tests/unit/fuzz/test_main.py", "__main__.main"),
    "docker compose": ("tests/e2e/composed.py", '"docker", "compose"'),
    "docker compose build": ("tests/e2e/conftest.py", 'compose("build"'),
    "docker compose down": (COMPOSE, 'compose("down"'),
    "docker compose logs": ("tests/e2e/composed.py", 'compose("logs"'),
    "docker compose restart": (COMPOSE, 'compose("restart", "gateway"'),
    "docker compose up": (OWN, 'compose("up", "--build"'),
    "docker service update": (SWARM, '"docker", "service", "update"'),
    "docker stack deploy": (SWARM, '"docker", "stack", "deploy"'),
    "docker swarm init": (SWARM, "swarm.init("),
}
NOT_RUN = {
    "docker compose cp": "it copies a file out of a container, whatever it is",
    "docker compose ps": "it shows what the tests ask the engine for",
    "docker compose version": "it is of the machine; scripts/docker_up.py asks it",
    "docker compose push": "it takes a registry elsewhere",
    "docker node update": "it is Docker's own; tests/unit/deploy/test_compose.py has the label",
    "docker service ps": "it shows what the engine says",
    "docker volume ls": "it lists what is on the machine",
    "docker volume rm": "it is Docker's own; tests/unit/deploy/test_compose.py has the volumes",
}


def name_of(words: list[str]) -> str:
    """A command without its arguments, as RUN_BY has it."""
    program, *rest = [word for word in words if "=" not in word]
    if program == "passerelle":
        return " ".join(["passerelle", *(each.name or "" for each in commands_of(rest)[1:])])
    if program == "python":
        return f"python {rest[1]}" if rest[0] == "-m" else "python"
    depth = {"make": 1, "pip": 1}.get(program, 2 if rest[0] != "build" else 1)
    return " ".join([program, *[word for word in rest[:depth] if word[0] not in "-["]])


def commands_of(words: list[str]) -> list[click.Command]:
    """`passerelle` and the commands in it that these words go through."""
    found: list[click.Command] = [main]
    for word in words:
        group = found[-1]
        if not isinstance(group, click.Group) or word.startswith("-"):
            break
        assert word in group.commands, f"passerelle has no command {word}"
        found.append(group.commands[word])
    return found


SHOWN = [(document, words) for document in documents.DOCUMENTS
         for words in documents.commands(document)]  # fmt: skip


def test_the_documents_show_commands() -> None:
    assert {name_of(words) for _, words in SHOWN} >= {"passerelle init", "make up", "pip install"}


@pytest.mark.parametrize("document", documents.DOCUMENTS)
def test_every_command_is_run_somewhere(document: str) -> None:
    for words in documents.commands(document):
        assert name_of(words) in RUN_BY | NOT_RUN, (
            f"{document} shows {' '.join(words)}; who runs it?"
        )


@pytest.mark.parametrize("name", RUN_BY)
def test_who_is_said_to_run_a_command_does(name: str) -> None:
    file, text = RUN_BY[name]
    assert text
    assert text in documents.text(file)
    assert name in {name_of(words) for _, words in SHOWN}, "no document shows it any more"


def test_every_option_is_one_that_its_command_has() -> None:
    for document, words in SHOWN:
        if words[0] == "passerelle":
            command = commands_of(words[1:])[-1]
            known = {option for each in command.get_params(click.Context(command))
                     for option in (*each.opts, *each.secondary_opts)}  # fmt: skip
            given = {word for word in words if re.fullmatch(r"--?[a-z][\w-]*", word)}
            assert given <= known | {"--help"}, (document, words)


def test_every_target_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", documents.text("Makefile"), re.MULTILINE))
    for document, words in SHOWN:
        if words[0] == "make":
            assert name_of(words).removeprefix("make ") in targets, document
