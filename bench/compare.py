"""Passerelle beside other servers: the same model, pictures, load generator and cores.

`measure` is the whole run, in order. One server runs at a time, each in its turn, round after
round, so that what disturbs the machine for a while disturbs them all.
"""

import argparse
import contextlib
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import chart, comparison, hop, load_generator, machine, ours, predict_request
from bench.comparison import Outcome, Report
from bench.connection import PostError
from bench.peers import catalog, process, venv
from bench.peers.catalog import Peer

WORKERS = (1, 8, 32)
ASK = 8  # requests at once while the answers are looked at, which also warms up
WARM_UP = 48  # pictures before each measured round but the first, which asks about all
FIRST = 90.0  # seconds that a server has until its first answer
LOOK = 0.05  # seconds between two tries
JSON_FILE = Path(".passerelle/bench/comparison.json")
DOCS = Path("docs")
OURS = {"fp32": ours.FP32, "int8": ours.INT8}

Server = ours.Ours | Peer
Running = ours.Process | process.Process

TROUBLE = (
    process.PeerError,
    venv.VenvError,
    PostError,
    OSError,
    subprocess.SubprocessError,
)


def main() -> None:
    """Run, print, and write the JSON file, the page and the chart."""
    options = arguments()
    report = measure(options, chosen(options))
    page = comparison.text(report)
    print(page)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")
    if options.docs:
        publish(report, page, options.docs)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--pictures", type=Path, help="a folder of JPEG files to post")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--at-once", type=int, nargs="+", default=WORKERS, metavar="N",
                        help="numbers of requests at once")  # fmt: skip
    parser.add_argument("--only", metavar="NAME,…", help="only these peers, such as litserve,ray")
    parser.add_argument("--kinds", metavar="KIND,…", help="only these of: eager, baked")
    parser.add_argument("--json", type=Path, default=JSON_FILE, help="a file to write")
    parser.add_argument("--docs", type=Path, help="where the page and the chart go; docs, unless "
                        "--only or --kinds left some out")  # fmt: skip
    options = parser.parse_args()
    if not options.docs and not options.only and not options.kinds:
        options.docs = DOCS
    return options


def chosen(options: argparse.Namespace) -> list[Server]:
    """Ours, and the peers that were asked for."""
    names = {peer.package for peer in catalog.PEERS}
    kinds = {peer.kind for peer in catalog.PEERS}
    only = set(options.only.split(",")) if options.only else names
    of = set(options.kinds.split(",")) if options.kinds else kinds
    if strange := (only - names) | (of - kinds):
        raise SystemExit(
            f"There is no {', '.join(sorted(strange))}. There is: {', '.join(sorted(names))}; "
            f"of the kinds {', '.join(sorted(kinds))}."
        )
    peers = [peer for peer in catalog.PEERS if peer.package in only and peer.kind in of]
    return [*OURS.values(), *peers]


def measure(options: argparse.Namespace, servers: list[Server]) -> Report:
    """Install what is missing, go round the servers, and hold their answers against ours."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        found = hop.jpegs(options.pictures) if options.pictures else hop.made_jpegs(folder)
        outcomes = [Outcome(each.name, each.kind, each.precision, each.setup) for each in servers]
        for server, outcome in zip(servers, outcomes, strict=True):
            install(server, outcome)
        for number in range(options.rounds):
            order = load_generator.Order("", "", "", found, ASK, options.seconds, [])
            pairs = list(zip(servers, outcomes, strict=True))
            turn = len(pairs) * number // options.rounds
            for server, outcome in pairs[turn:] + pairs[:turn]:
                if not outcome.reason:
                    say(f"round {number + 1} of {options.rounds}: {outcome.title}")
                    once(server, outcome, order, options.at_once)
    comparison.judge(outcomes)
    return Report(
        pictures=len(found),
        seconds=options.seconds,
        rounds=options.rounds,
        workers=list(options.at_once),
        outcomes=outcomes,
        machine=machine.facts(),
    )


def install(server: Server, outcome: Outcome) -> None:
    """Bake what it serves and make its virtual environment, so that no round waits for it."""
    if server.kind != comparison.EAGER:
        hop.baked(OURS[server.precision].model)
    if isinstance(server, Peer):
        if not venv.installed(server.requirements):
            say(f"installing {server.name}")
        try:
            venv.made(server.requirements)
        except venv.VenvError as error:
            outcome.reason = str(error)


def once(server: Server, outcome: Outcome, order: load_generator.Order, at_once: list[int]) -> None:
    """Start a server, wait for its first answer, warm it up, measure it, stop it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        try:
            with started(server, Path(name)) as running:
                try:
                    visit(running, outcome, addressed(order, server, running), at_once)
                except TROUBLE as error:
                    outcome.reason = f"{error} {running.last_words()}".strip()
        except TROUBLE as error:
            outcome.reason = str(error)
    if outcome.reason:
        say(f"{outcome.title} fails: {outcome.reason}")


def started(server: Server, folder: Path) -> contextlib.AbstractContextManager[Running]:
    """A server that runs."""
    if isinstance(server, ours.Ours):
        return ours.started(server, folder)
    baked = server.kind == comparison.BAKED
    artifact = hop.baked(OURS[server.precision].model)[1] if baked else None
    return process.started(server, venv.made(server.requirements), artifact, folder)


def addressed(
    order: load_generator.Order, server: Server, running: Running
) -> load_generator.Order:
    """An order with where and how this server is asked."""
    return dataclasses.replace(
        order, target=running.url, key=running.key, path=server.path, body=server.body
    )


def visit(
    running: Running, outcome: Outcome, order: load_generator.Order, at_once: list[int]
) -> None:
    """All measurements of one server in one round."""
    pictures = [Path(name).read_bytes() for name in order.pictures]
    start = first_answer(running, order, pictures[0])
    if outcome.classes:
        predict_request.classes(order, pictures[:WARM_UP])
    else:
        outcome.classes = predict_request.classes(order, pictures)
    measures = {
        count: undisturbed(running, dataclasses.replace(order, workers=count)) for count in at_once
    }
    outcome.starts.append(start)
    outcome.memory_mb.append(process.memory(running.pids))
    for count, found in measures.items():
        outcome.measures.setdefault(count, []).append(found)


def undisturbed(running: Running, order: load_generator.Order) -> load_generator.Measure:
    """Measure, and say how many cores anything but the server and the load kept busy."""

    def others() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)  # the load, once it has ended
        ours = process.seconds(running.pids) + children.ru_utime + children.ru_stime
        return machine.busy([]).others - ours

    before, begin = others(), time.monotonic()
    found = load_generator.measured(order)
    cores = (others() - before) / (time.monotonic() - begin)
    return dataclasses.replace(found, others=max(0.0, cores))


def first_answer(running: Running, order: load_generator.Order, picture: bytes) -> float:
    """Wait for it; give the seconds since the server's start.

    Raises:
        PeerError: the server ended, or took longer than FIRST.
    """
    said: Exception | str = ""
    while (waited := time.monotonic() - running.began) < FIRST:
        try:
            predict_request.Connection(order).classify(predict_request.message(order, picture))
            return time.monotonic() - running.began
        except (OSError, PostError) as error:
            said = error
        if not running.running:
            raise process.PeerError(f"it ended after {waited:.0f} s.")
        time.sleep(LOOK)
    raise process.PeerError(f"no answer within {FIRST:g} s; the last try: {said}.")


def publish(report: Report, page: str, docs: Path) -> None:
    """Write the page and the chart."""
    docs.mkdir(parents=True, exist_ok=True)
    head = "# Passerelle beside other servers\n\nWritten by `make bench`, from one run.\n\n"
    drawing = docs / "comparison.svg"
    try:
        chart.draw(report, drawing)
        head += f"![requests per second of every server]({drawing.name})\n\n"
    except chart.ChartError as error:
        say(str(error))
    (docs / "comparison.md").write_text(head + page)


def say(text: str) -> None:
    """Tell how far it is, beside what is printed at the end."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
