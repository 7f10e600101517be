"""How often each model is right, asked through the running gateway as any client would."""

import argparse
import csv
import dataclasses
import sys
from pathlib import Path

from passerelle.client import Client
from passerelle.client.errors import ClientError
from passerelle.local import local_state

STATE = Path(".passerelle")
LABELS = "labels.csv"  # columns: file, class_id, label


@dataclasses.dataclass
class Score:
    """One model's pictures so far. One that is answered with an error counts as wrong."""

    model: str
    pictures: int = 0
    top1: int = 0
    top5: int = 0
    errors: list[str] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        shares = (f"{right / self.pictures:>9.2%}" for right in (self.top1, self.top5))
        return f"{self.model:<28}{''.join(shares)}{self.pictures:>10}{len(self.errors):>8}"


def main() -> None:
    """Print a line a model, and every error; end with 1 if there was one."""
    options = arguments()
    client = Client(options.url, options.key or local_state.saved(STATE))
    pictures = labelled(options.images)
    models = options.model or every(client)
    print(f"{'model':<28}{'top-1':>9}{'top-5':>9}{'pictures':>10}{'errors':>8}")
    errors = []
    for model in models:
        score = scored(client, model, pictures)
        print(score, flush=True)
        errors += score.errors
    print(*errors, sep="\n", file=sys.stderr, end="\n" if errors else "")
    sys.exit(bool(errors))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("images", type=Path, help=f"a folder of pictures and {LABELS}")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the gateway")
    parser.add_argument("--key", help="the API key; the local run's demo key unless given")
    parser.add_argument("--model", action="append", help="again for each; all unless given")
    return parser.parse_args()


def every(client: Client) -> list[str]:
    """The models that the key may use; the end of this run, in a sentence, if nothing tells."""
    try:
        return [each["id"] for each in client.models()]
    except ClientError as error:
        raise SystemExit(str(error)) from None


def labelled(folder: Path) -> list[tuple[Path, int]]:
    """Every picture with the number of its class."""
    with (folder / LABELS).open(newline="", encoding="utf-8") as file:
        return [(folder / row["file"], int(row["class_id"])) for row in csv.DictReader(file)]


def scored(client: Client, model: str, pictures: list[tuple[Path, int]]) -> Score:
    """Ask one model about every picture."""
    score = Score(model)
    for path, class_id in pictures:
        score.pictures += 1
        try:
            predictions = client.predict(model, path).document["predictions"]
        except ClientError as error:
            score.errors.append(f"{model}, {path.name}: {error}")
            continue
        best = [each["class_id"] for each in predictions[:5]]
        score.top1 += best[0] == class_id
        score.top5 += class_id in best
    return score


if __name__ == "__main__":
    main()
