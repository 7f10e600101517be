"""What the gateway costs: the same model service asked directly, through it, and not at all.

`measure` is the whole run, in order.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path

from PIL import Image

from bench import hop_report, load_generator, machine, stack
from passerelle import manifest
from passerelle.local import baking
from services.bake import weights

MANIFEST = Path("models.yaml")
ARTIFACTS = Path(".passerelle/artifacts")
PICTURES = Path(weights.__file__).parent / "pictures"
WORKERS = (1, 8)
STARTS = 3
WIDTH, QUALITY = 500, 90  # pixels; of a JPEG


def main() -> None:
    """Run, print, and write the JSON file if asked to."""
    options = arguments()
    found = measure(options)
    print(hop_report.text(found))
    if options.json:
        options.json.write_text(json.dumps(dataclasses.asdict(found), indent=2) + "\n")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.hop", description=__doc__)
    parser.add_argument("--file", type=Path, default=MANIFEST, help="the manifest")
    parser.add_argument("--model", default="efficientnet-lite0", help="an id in it")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=Path, help="a folder of JPEG files to post")
    parser.add_argument("--json", type=Path, help="a file to write")
    return parser.parse_args()


def measure(options: argparse.Namespace) -> hop_report.Report:
    """Bake, start, measure round after round, look at the memory, stop."""
    model, artifact = baked(options.model, options.file)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        files = jpegs(options.images) if options.images else made_jpegs(folder)
        with stack.made(model, artifact, folder, options.file) as running:
            starts = [running.start_service() for _ in range(STARTS)]
            running.start_gateway()
            return hop_report.Report(
                model=model.id,
                pictures=len(files),
                seconds=options.seconds,
                starts=starts,
                rounds=rounds(
                    options.rounds, orders(running, model.id, artifact, files, options.seconds)
                ),
                processes=memory(running),
                machine=machine.facts(),
            )


def orders(
    running: stack.Stack, model: str, artifact: Path, files: list[str], seconds: float
) -> dict[str, load_generator.Order]:
    """What to measure in each case, for one worker."""
    service, gateway = running.processes.values()
    direct = load_generator.Order(running.direct, model, running.key, files, 1, seconds, service)
    return {
        "direct": direct,
        "gateway": dataclasses.replace(direct, target=running.through, processes=service + gateway),
        "limit": dataclasses.replace(direct, target=str(artifact), processes=[]),
    }


def rounds(count: int, by_case: dict[str, load_generator.Order]) -> list[hop_report.Round]:
    """The three cases in turn: what disturbs the machine for a while disturbs them all."""
    found = []
    for _ in range(count):
        for workers in WORKERS:
            measures = {
                case: load_generator.measured(dataclasses.replace(order, workers=workers))
                for case, order in by_case.items()
            }
            found.append(hop_report.Round(workers=workers, **measures))
    return found


def baked(model_id: str, file: Path = MANIFEST) -> tuple[manifest.Model, Path]:
    """The model and its artifact, baked if it is missing."""
    by_id = {model.id: model for model in manifest.read(file)}
    if model_id not in by_id:
        raise SystemExit(f"{file} has no {model_id}; it has: {', '.join(by_id)}.")
    result = baking.bake(by_id[model_id], ARTIFACTS, lambda *_: None)
    if result.folder is None:
        raise SystemExit(f"{model_id} was not baked: {result.error}")
    return result.model, result.folder


def jpegs(folder: Path) -> list[str]:
    """The JPEG files of a folder."""
    found = [str(path) for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg")]
    if not found:
        raise SystemExit(f"{folder} holds no .jpg or .jpeg file.")
    return sorted(found)


def made_jpegs(folder: Path) -> list[str]:
    """The project's own pictures as JPEGs in a folder, as wide as one on a web page."""
    for path in (*PICTURES.glob("*.jpg"), *PICTURES.glob("*.png")):
        with Image.open(path) as image:
            height = round(image.height * WIDTH / image.width)
            small = image.convert("RGB").resize((WIDTH, height))
        small.save(folder / f"{path.stem}.jpg", quality=QUALITY)
    return jpegs(folder)


def memory(running: stack.Stack) -> list[machine.Row]:
    """The memory of all processes of both gunicorns, after the load."""
    return [
        machine.memory(f"{name}, {'worker' if number else 'arbiter'}", pid)
        for name, pids in running.processes.items()
        for number, pid in enumerate(pids)
    ]


if __name__ == "__main__":
    main()
