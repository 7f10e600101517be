"""What a YAML reader says -> what is wrong, and what to write instead.

PyYAML speaks of tokens and nodes. `explain` turns what it says about the mistakes that people make
into words about the text; what isn't in the table is told as PyYAML says it.
"""

import re

import yaml

from passerelle.manifest import look_alikes, names

SENTENCES = (
    (r"found character '\\t'", "a tab, which YAML takes in quotes alone; write spaces"),
    (
        r"found character '(?P<sign>.)'",
        "a text can't begin with {sign} unless it is in quotes",
    ),
    (
        r"mapping values are not allowed here",
        "a second ': ' in a text without quotes, a line indented too far, or a colon without space",
    ),
    (
        r"could not find expected ':'|expected '<document start>'",
        "this line has no ': ' behind its key; write key: value",
    ),
    (r"found unexpected end of stream", "a quote that is opened here is never closed; close it"),
    (
        r"found unknown escape character|expected escape sequence",
        "in double quotes \\ begins an escape, and this is none; use single quotes",
    ),
    (
        r"expected <block end>, but found '(?P<sign>.*)'",
        "indent this as the lines around it, or put the whole value in quotes",
    ),
    (
        r"expected ',' or '(?P<sign>[]}])', but",
        "a list or mapping that is opened here isn't closed; write {sign}, or a comma",
    ),
    (
        r"expected the node content, but found '<stream end>'",
        "a list or mapping isn't closed; write ] or }}",
    ),
    (
        r"expected the node content, but found '(?P<sign>.*)'",
        "a value is missing before {sign}; write it",
    ),
    (
        r"expected alphabetic or numeric character",
        "a text can't begin with * or & unless it is in quotes",
    ),
    (r"found undefined alias '(?P<sign>.*)'", "*{sign} names no anchor; put it in quotes"),
    (
        r"could not determine a constructor for the tag '(?P<sign>.*)'",
        "the tag {sign} isn't known here; write the value itself",
    ),
    (
        r"but found another document",
        "a second document begins here; a file holds one, so remove ---",
    ),
)
AT_ITS_BEGIN = (  # what is being read when an error is told best where that begins
    "simple key",
    "quoted scalar",
    "flow sequence",
    "flow mapping",
)


def explain(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """The line of an error in a text, counted from 1, and what is wrong there."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        sign = names.character(chr(int(error.character)))
        return line, f"this is not YAML: it holds the control character {sign}; remove it"
    if not isinstance(error, yaml.MarkedYAMLError) or not error.problem_mark:
        return 1, f"this is not YAML: {error}"
    begins_it = str(error.context).endswith(AT_ITS_BEGIN)
    line = ((begins_it and error.context_mark) or error.problem_mark).line
    return line + 1, sentence(str(error.problem), text.splitlines()[line : line + 1])


def sentence(problem: str, lines: list[str]) -> str:
    """What is wrong, by what PyYAML says, with what in its line may be the reason."""
    may_be = "".join(map(look_alikes.hint, lines))
    for form, words in SENTENCES:
        if match := re.search(form, problem):
            return f"this is not YAML: {words.format(**match.groupdict())}{may_be}"
    return f"this is not YAML: {problem}{may_be}"
