"""Passerelle beside other servers: the same model, pictures, load generator and cores.

One server runs at a time, each in its turn, round after round, so that what disturbs the machine
for a while disturbs them all. `runner.measure` is the whole run, in order.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from bench import chart, comparison, comparison_report, ours, runner
from bench.comparison import Report
from bench.peers import catalog

CONCURRENCY = (1, 8, 32)  # requests at once
JSON_FILE = Path(".passerelle/bench/comparison.json")
DOCS = Path("docs")


def main() -> None:
    """Run, print, and write the JSON file, the page and the chart; end with 1 if ours failed."""
    options = arguments()
    report = runner.measure(selected(options), options)
    page = comparison_report.text(report)
    print(page)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(dataclasses.asdict(report), indent=2) + "\n")
    if options.docs:
        publish(report, page, options.docs)
    sys.exit(any(each.failure for each in report.outcomes if each.kind == comparison.OURS))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--pictures", type=Path, help="a folder of JPEG files to send")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--concurrency", type=int, nargs="+", default=CONCURRENCY, metavar="N",
                        help="numbers of requests at once")  # fmt: skip
    parser.add_argument("--peers", metavar="NAME,…", help="only these, such as litserve,ray")
    parser.add_argument("--kinds", metavar="KIND,…", help="only these of: eager, baked")
    parser.add_argument("--json", type=Path, default=JSON_FILE, help="a file to write")
    parser.add_argument("--docs", type=Path, help="where the page and the chart go; docs, unless "
                        "--peers or --kinds left some out")  # fmt: skip
    options = parser.parse_args()
    if not options.docs and not options.peers and not options.kinds:
        options.docs = DOCS
    return options


def selected(options: argparse.Namespace) -> list[runner.Server]:
    """Ours, and the peers that were asked for."""
    all_names = {peer.package for peer in catalog.PEERS}
    all_kinds = {peer.kind for peer in catalog.PEERS}
    names = set(options.peers.split(",")) if options.peers else all_names
    kinds = set(options.kinds.split(",")) if options.kinds else all_kinds
    if unknown := (names - all_names) | (kinds - all_kinds):
        raise SystemExit(
            f"There is no {', '.join(sorted(unknown))}. There is: {', '.join(sorted(all_names))}; "
            f"of the kinds {', '.join(sorted(all_kinds))}."
        )
    peers = [peer for peer in catalog.PEERS if peer.package in names and peer.kind in kinds]
    return [*ours.BY_PRECISION.values(), *peers]


def publish(report: Report, page: str, docs: Path) -> None:
    """Write the page and the chart."""
    docs.mkdir(parents=True, exist_ok=True)
    head = "# Passerelle beside other servers\n\nWritten by `make bench`, from one run.\n\n"
    drawing = docs / "comparison.svg"
    try:
        chart.draw(report, drawing)
        head += f"![requests per second of every server]({drawing.name})\n\n"
    except chart.ChartError as error:
        runner.show_progress(str(error))
    (docs / "comparison.md").write_text(head + page)


if __name__ == "__main__":
    main()
