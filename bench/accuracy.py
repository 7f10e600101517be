"""How often each model is right, asked through the running gateway as any client would."""

import argparse
import dataclasses
import sys
from pathlib import Path

from passerelle.client import Client
from passerelle.client.answers import Classification, Prediction
from passerelle.client.errors import ClientError
from passerelle.local import class_labels, dataset, local_state, pictures

STATE = Path(".passerelle")
TOP = 5  # classes of which one may be right


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
    labels = class_labels_of(options.pictures)
    errors = []
    with Client(options.url, options.key or local_state.demo_key(STATE)) as client:
        models = options.model or model_ids(client)
        print(f"{'model':<28}{'top-1':>9}{'top-5':>9}{'pictures':>10}{'errors':>8}")
        for model in models:
            score = score_model(client, model, labels)
            print(score, flush=True)
            errors += score.errors
    for error in errors:
        print(error, file=sys.stderr)
    sys.exit(bool(errors))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    about = f"pictures, with {class_labels.FILE} or a sub-folder a class"
    parser.add_argument("pictures", type=Path, metavar="DIR", help=about)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the gateway")
    parser.add_argument("--key", help="the API key; the local run's demo key unless given")
    parser.add_argument("--model", action="append", metavar="ID",
                        help="again for each; all that the key may use unless given")  # fmt: skip
    return parser.parse_args()


def class_labels_of(folder: Path) -> class_labels.ClassLabels:
    """The pictures of a folder whose class is known; ends the run where there is none."""
    try:
        found = dataset.Dataset(folder).classes
    except pictures.PicturesError as error:
        raise SystemExit(str(error)) from None
    if not found:
        raise SystemExit(f"{folder} says of no picture what it shows; write {class_labels.FILE}.")
    return found


def model_ids(client: Client) -> list[str]:
    """The models that the key may use; ends the run where the gateway gives no list."""
    try:
        return [each["id"] for each in client.models()]
    except ClientError as error:
        raise SystemExit(str(error)) from None


def score_model(client: Client, model: str, labels: class_labels.ClassLabels) -> Score:
    """Send every picture to one model, one after another."""
    score = Score(model)
    for file, label in labels.items():
        score.pictures += 1
        try:
            predictions = client.predict(model, file, TOP, expect=Classification).answer.predictions
        except ClientError as error:
            score.errors.append(f"{model}, {file.name}: {error}")
            continue
        right = [shows(label, prediction) for prediction in predictions]
        score.top1 += right[0]
        score.top5 += any(right)
    return score


def shows(label: class_labels.ClassLabel, prediction: Prediction) -> bool:
    """Whether a predicted class is the one that a label names, or gives the number of."""
    if label.name and label.name == prediction.label:
        return True
    return label.class_id is not None and label.class_id == prediction.class_id


if __name__ == "__main__":
    main()
