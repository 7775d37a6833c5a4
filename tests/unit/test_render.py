"""The view at a terminal: coloured, and as readable without colours."""

from __future__ import annotations

import io
import re

from rich.console import Console

from porteparole import Act, Document, Span, Stance, Statement
from porteparole.render import print_documents

TEXT = "Selon Zagreb, Split « refuse »."


def span(part: str) -> Span:
    return Span(TEXT.index(part), TEXT.index(part) + len(part), part)


DOCUMENT = Document(
    TEXT,
    (
        Statement(span("Selon"), (span("Zagreb"),), content=(span("Split « refuse »"),), act=Act("STATE", 0.5)),
        Statement(
            span("refuse"),
            (span("Split"),),
            act=Act("REJECT", 1.0),
            targets=(Stance(None, "la paix", "against", 0.75),),
            parent=0,
        ),
    ),
)


def printed(*, terminal: bool, environment: dict[str, str]) -> str:
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=terminal, _environ=environment)
    print_documents([DOCUMENT], console)
    return file.getvalue()


PLAIN = """\
[1]Selon Zagreb, Split « [2]refuse ».

[1] Zagreb  Selon
    Split « refuse »
    STATE (50%), indirect

[2] Split  refuse
    REJECT (100%), indirect, inside [1]
    against     la paix (75%)

cue · source · antecedent · addressee · medium · content
"""


def test_in_a_pipe_there_are_no_control_codes():
    assert printed(terminal=False, environment={"TERM": "xterm-256color"}) == PLAIN


def test_at_a_terminal_there_are_colours_but_not_with_no_color():
    coloured = printed(terminal=True, environment={"TERM": "xterm-256color"})
    plain = printed(terminal=True, environment={"TERM": "xterm-256color", "NO_COLOR": "1"})
    colours = re.compile(r"\x1b\[[\d;]*3\d[\d;]*m")
    assert colours.search(coloured)
    assert not colours.search(plain)
    for view in (coloured, plain):
        assert re.sub(r"\x1b\[[\d;]*m", "", view) == PLAIN
