"""`make docker-up`: builds and runs docker-compose.yaml, once it is sure that it can.

It needs Docker, Compose v2 and this file alone: no virtual environment.
"""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
DISK_NEEDED = 6_000_000_000  # bytes: the base has torch in it while it bakes
COMPOSE_NEEDED = (2, 20)  # the version
MAX_PORT = 65535
PASSERELLE = ROOT / ".venv" / "bin" / "passerelle"


class RefusedError(Exception):
    """What is missing; the text says what to do."""


def output_of(*command: str) -> str:
    """What a command prints, or nothing where it fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def require_engine() -> None:
    """Return only if an engine answers, and there is a Compose that reads our file."""
    if not shutil.which("docker"):
        raise RefusedError("There is no docker command. Install Docker, or run without: make up")
    if not output_of("docker", "version", "--format", "{{.Server.Version}}"):
        raise RefusedError(
            "No Docker engine answers. Start it (systemctl start docker, or Docker Desktop), see "
            "that you may use it, or run without: make up"
        )
    require_compose(output_of("docker", "compose", "version", "--short"))


def require_compose(version: str) -> None:
    """Return only if this version of Compose reads our file; empty where there is none."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    if not found:
        raise RefusedError(
            "Docker has no Compose of its own (docker compose), and docker-compose, the older, "
            "doesn't read this file. Install the plugin docker-compose-plugin."
        )
    if (int(found[1]), int(found[2])) < COMPOSE_NEEDED:
        raise RefusedError(
            f"Docker Compose {version} is too old: docker-compose.yaml starts without a model that "
            "never gets well (depends_on with required: false), which takes 2.20 or newer. Update "
            "the plugin docker-compose-plugin."
        )


def require_disk() -> None:
    """Return only if there is room for the images, where the engine keeps them on this machine."""
    folder = Path(output_of("docker", "info", "--format", "{{.DockerRootDir}}"))
    if not folder.is_dir():
        return  # another machine's, or a virtual one's
    needed = int(os.environ.get("PASSERELLE_DISK", DISK_NEEDED))
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise RefusedError(
            f"{folder} has {free / 1e9:.1f} GB free; building takes {needed / 1e9:.0f}. "
            "Make room with: docker system prune"
        )


def require_keys_file() -> None:
    """Return only if the key file that the gateway is given is there."""
    file = ROOT / os.environ.get("PASSERELLE_KEYS_FILE", "keys.yaml")
    if file.is_dir():
        raise RefusedError(
            f"{file} is a folder. Docker makes one where a file that it is to mount is not there: "
            f"remove it (rmdir {file}), and make the key file first."
        )
    if not file.is_file():
        raise RefusedError(
            f"The key file {file} is not there. Make one with: "
            f"passerelle keys new --name NAME --keys {file}"
        )
    if not file.stat().st_mode & stat.S_IROTH:
        raise RefusedError(
            f"{file} can't be read in a container, whose user is another. It holds hashes alone; "
            f"run: chmod a+r {file}"
        )


def require_ports() -> None:
    """Return only if the ports are free, or ours already."""
    for service, variable, usual in (("gateway", "PORT", 8080), ("frontend", "PAGE_PORT", 8000)):
        if not output_of("docker", "compose", "ps", "--quiet", service):
            require_free_port(variable, port_of(variable, usual))


def port_of(variable: str, usual: int) -> int:
    """The port that a variable names; an empty one counts as not set, as in Compose."""
    text = os.environ.get(variable, "") or str(usual)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MAX_PORT):
        raise RefusedError(f"{variable} is {text!r}; write a port's number, 1 to {MAX_PORT}.")
    return int(text)


def require_free_port(variable: str, port: int) -> None:
    """Return only if a port is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            raise RefusedError(
                f"Port {port} can't be had ({error.strerror}). Stop what uses it, or choose "
                f"another: {variable}={port + 1} make docker-up"
            ) from None


def require_current_file() -> None:
    """Return only if the file is as models.yaml says, where that can be known."""
    if not PASSERELLE.exists():
        return
    check = [PASSERELLE, "render", "compose", "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RefusedError(done.stderr.strip().removeprefix("Error: "))


def main() -> None:
    """Check first, then build, run, and print a line to try."""
    try:
        for requirement in (
            require_engine, require_disk, require_keys_file, require_ports, require_current_file
        ):  # fmt: skip
            requirement()
    except RefusedError as error:
        sys.exit(str(error))
    up = ["docker", "compose", "up", "--build", "--detach", "--wait"]
    if subprocess.run(up, cwd=ROOT, check=False).returncode:
        sys.exit("Something above did not build or get healthy; its own words say why.")
    logs = output_of("docker", "compose", "logs", "--no-log-prefix", "gateway")
    examples = re.findall(r'"demo": "(curl .*?)"[,}]', logs)
    sys.stdout.write(f"\nOpen http://localhost:{port_of('PAGE_PORT', 8000)}\n")
    sys.stdout.write(
        "\nTry it:\n  " + (examples[-1] if examples else "use a key of keys.yaml") + "\n"
    )
    sys.stdout.write("Stop it: docker compose down\n")


if __name__ == "__main__":
    main()
