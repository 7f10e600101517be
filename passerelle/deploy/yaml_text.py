"""Data -> YAML as a person would write it: comments, anchors, merges, short parts in one line.

ruamel.yaml writes it. Nothing here knows what the text is for. Text that YAML 1.1 or 1.2 would read
as a number, a date or such is in quotes, since nobody knows by which a reader goes.
"""

import io
from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.mergevalue import MergeValue
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from passerelle.manifest import core_schema, names

INDICATORS = ("?", ":", "-")  # which begin a key, a value or an item where a space follows
WIDE = 10_000  # characters; no line is broken


def in_one_line(value: Mapping[str, Any] | Iterable[Any]) -> Any:
    """`{a: 1}` or `[a, b]`."""
    is_mapping = isinstance(value, Mapping)
    node: Any = CommentedMap(value) if is_mapping else CommentedSeq(value)
    node.fa.set_flow_style()
    return node


def anchored(name: str, keys: Mapping[str, Any]) -> CommentedMap:
    """A mapping that others refer to as `*name`."""
    node = CommentedMap(keys)
    node.yaml_set_anchor(name, always_dump=True)
    return node


def merged(base: CommentedMap, keys: Mapping[str, Any]) -> CommentedMap:
    """`<<: *base`, then keys of its own."""
    merge = MergeValue()
    merge.append(base)
    merge.merge_pos = 0
    node = CommentedMap()
    node.add_yaml_merge(merge)
    node.update(keys)
    return node


def quoted(text: str) -> str:
    """A text in quotes."""
    found: str = DoubleQuotedScalarString(text)
    return found


def comment(mapping: CommentedMap, key: str, text: str, indent: int, *, blank: bool = True) -> None:
    """Put a comment before a key, and a blank line before that; or the blank line alone."""
    before = ("\n" if blank else "") + one_line(text)
    mapping.yaml_set_comment_before_after_key(key, before, indent=indent)


def one_line(text: str) -> str:
    """A text as a comment can hold it: in one line, with ? in the place of what isn't printed."""
    return "".join("?" if names.is_control(sign) else sign for sign in " ".join(text.split()))


def remark(mapping: CommentedMap, key: str, text: str) -> None:
    """Put a comment behind a key."""
    mapping.yaml_add_eol_comment(text, key, column=0)


def dump(document: CommentedMap, head: str) -> str:
    """The text, which begins with a comment of one or more lines."""
    document.yaml_set_start_comment("\n".join(map(one_line, head.split("\n"))))
    yaml = YAML()
    yaml.width = WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.Representer = _Representer
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()


class _Representer(RoundTripRepresenter):
    """Writes nothing for None, as `networks: {door: }` has it, and quotes what may be misread."""

    def text(self, text: str) -> Any:
        """A text, in quotes unless every reader takes it for text without."""
        is_plain = core_schema.is_text(text) and not text.startswith(INDICATORS)
        style = '"' if any(map(names.is_control, text)) else None if is_plain else "'"
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Representer.add_representer(str, _Representer.text)
_Representer.add_representer(
    type(None), lambda self, _: self.represent_scalar("tag:yaml.org,2002:null", "")
)
