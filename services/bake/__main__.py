"""A bake as a process of its own.

    python -m services.bake ARTIFACTS < recipe.json

prints a line of JSON as each step begins, {"step", "number", "steps"}, and at the end the
artifact's {"folder"} or the {"error"}. What libraries print goes to standard error.
"""

import sys
import traceback
from pathlib import Path
from typing import Any

from passerelle.artifact import user_modules
from passerelle.manifest.model import Recipe
from services.bake import children, errors, json_lines, pipeline


def main() -> int:
    """Bake the recipe on standard input. Gives the exit code."""
    json_lines.exit_on_sigterm()
    with json_lines.on_stdout() as write:
        try:
            recipe = Recipe.model_validate_json(sys.stdin.buffer.read())
            sys.path[:0] = user_modules.search_path(recipe)
            folder = pipeline.bake(recipe, Path(sys.argv[1]), lambda step: write(**number(step)))
            line = {"folder": str(folder)}
        except Exception as error:
            line = {"error": describe(error)}
        finally:
            children.end()
        write(**line)
    return int("error" in line)


def number(step: str) -> dict[str, Any]:
    """A step with its number, of how many."""
    return {"step": step, "number": pipeline.STEPS.index(step), "steps": len(pipeline.STEPS)}


def describe(error: Exception) -> str:
    """Why a bake failed, as a sentence. An unexpected error is printed whole, too."""
    if isinstance(error, errors.KNOWN):
        return str(error)
    traceback.print_exception(error)
    return f"the bake failed unforeseen ({type(error).__name__}: {str(error)[:300]})"


if __name__ == "__main__":
    sys.exit(main())
