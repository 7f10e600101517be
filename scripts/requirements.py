"""Print the requirements of extras and dependency groups of pyproject.toml, a line each.

    python3 scripts/requirements.py NAME...

`base` names what the project itself depends on. What one includes of others is followed.
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

OWN_EXTRAS = re.compile(r"passerelle\[([\w,-]+)\]")


def requirements(names: list[str], pyproject: dict[str, Any]) -> list[str]:
    """The requirements of these names, each once."""
    project = pyproject.get("project", {})
    extras, groups = (
        project.get("optional-dependencies", {}),
        pyproject.get("dependency-groups", {}),
    )
    tables = {"base": project.get("dependencies", []), **extras, **groups}
    found: list[str] = []
    for name in names:
        for each in tables[name]:
            included = included_names(each)
            found += requirements(included, pyproject) if included else [each]
    return list(dict.fromkeys(found))


def included_names(requirement: Any) -> list[str]:
    """What a line includes: a group's `include-group`, or extras of our own."""
    if isinstance(requirement, dict):
        return [requirement["include-group"]]
    own = OWN_EXTRAS.fullmatch(requirement)
    return own[1].split(",") if own else []


if __name__ == "__main__":
    document = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    sys.stdout.write("\n".join(requirements(sys.argv[1:], document)) + "\n")
