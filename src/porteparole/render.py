"""Documents for a reader at a terminal: the marked text, then one block a statement."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.text import Text

from .page.segments import segments
from .schema import Document, Stance, Statement

__all__ = ["STYLES", "document_view", "legend"]

STYLES = {
    "cue": "bold yellow",
    "source": "bold cyan",
    "antecedent": "cyan",
    "addressee": "magenta",
    "medium": "blue",
    "content": "green",
}
_STANCE_STYLES = {"favor": "green", "against": "red", "conditional": "yellow", "neutral": "dim"}


def legend() -> Text:
    """Return the colours and what they mean."""
    return Text(" · ").join(Text(role, style=style) for role, style in STYLES.items())


def document_view(document: Document) -> RenderableType:
    """Return the text with its spans coloured and cues numbered, then each statement; readable without colours too."""
    marked = Text()
    for segment in segments(document.to_dict()):
        for k, role in segment.begun:
            if role == "cue":
                marked.append(f"[{k + 1}]", style="dim")
        marked.append(segment.text, style=STYLES[segment.over[0][1]] if segment.over else "")
    if not document.statements:
        return Group(marked, Text("no statements found", style="dim"))
    return Group(marked, Text(), *(_statement(k, s) for k, s in enumerate(document.statements, 1)))


def _statement(number: int, statement: Statement) -> Text:
    line = Text().append(f"[{number}] ", style="dim")
    line.append(statement.speaker or "(source not named)", style=STYLES["source"])
    line.append("  ")
    line.append(statement.cue.text, style=STYLES["cue"])
    for role in ("addressee", "medium"):
        for span in getattr(statement, role):
            line.append(f"  {role}: ", style="dim").append(span.text, style=STYLES[role])
    if statement.content:
        line.append("\n    ").append(statement.said, style=STYLES["content"])
    line.append(f"\n    {statement.act} ({statement.act.score:.0%}), {statement.form}", style="dim")
    if statement.parent is not None:
        line.append(f", inside [{statement.parent + 1}]", style="dim")
    for stance in (*statement.topics, *statement.targets):
        line.append("\n    ").append_text(_stance(stance))
    line.append("\n")
    return line


def _stance(stance: Stance) -> Text:
    line = Text().append(f"{stance.label:<11}", style=_STANCE_STYLES.get(stance.label, ""))
    topic = f"{stance.topic}: " if stance.topic else ""
    return line.append(f" {topic}{stance.target} ({stance.score:.0%})")


def print_documents(documents: list[Document], console: Console) -> None:
    """Print a view of each document, and the legend once."""
    for document in documents:
        if document.id is not None:
            console.rule(str(document.id))
        console.print(document_view(document), soft_wrap=False, highlight=False)
    console.print(legend())
