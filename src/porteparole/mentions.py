"""How a speaker is mentioned in French news: pronouns, names short and full, acronyms, offices.

Rules on the raw text, no model. They read the typography (capitals, parentheses, commas) and a table of who has
held which office.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources

import regex

__all__ = [
    "acronym",
    "first_name",
    "full_names",
    "is_definite",
    "is_pronoun",
    "is_short",
    "normal",
    "offices",
    "surname",
]

# Those that stand for a third person; *je*, *nous*, *on* name whoever speaks, and need no antecedent.
_PRONOUN_WORDS = """
il elle ils elles lui eux qui lequel laquelle lesquels lesquelles celui-ci celle-ci ceux-ci celles-ci lui-même elle-même
"""
_PRONOUNS = frozenset((*_PRONOUN_WORDS.split(), "ce dernier", "cette dernière", "ces derniers", "ces dernières"))
_DETERMINER = regex.compile(r"(?:(?:le|la|les|ce|cet|cette|ces|son|sa|ses|leur|leurs)\s+|l['’]\s*)", regex.IGNORECASE)
_COURTESY = regex.compile(r"(?:M|MM|Mme|Mmes|Mlle|Me|Dr|Mgr)\.?\s+|(?:Monsieur|Madame)\s+")
# One name: capitalised words, with the particles between them (*Ursula von der Leyen*, *Mohammed ben Salmane*).
_NAME = regex.compile(
    r"(?![LDQ]['’])\p{Lu}[\p{L}'’-]*+"
    r"(?:\s(?:(?:de|du|des|d['’]|van|von|der|den|ben|bin|al|el|la)\s?)*+\p{Lu}[\p{L}'’-]*+)*+"
)
_FIRST = regex.compile(r"([\p{L}'’-]+)\s+")
_HELD_ACRONYM = regex.compile(r"\((\p{Lu}[\p{L}\d]*\p{Lu}[\p{L}\d]*|\p{Lu}\p{Ll}{2,9})\)")
_LONE_ACRONYM = regex.compile(r"\p{Lu}[\p{Lu}\d-]+")
# What has a capital without being part of a name: how sentences begin, and titles.
_CAPITALISED = """
le la les l un une des ce cet cette ces il elle ils elles on selon pour mais et ou où dans en sur à au aux si
quand comme après avant depuis lors son sa ses leur leurs notre nos votre vos mon ma mes d'après outre quant
interrogé interrogée invité invitée état etat république x premier première président présidente ministre
"""
_NO_NAMES = frozenset(_CAPITALISED.split())


@lru_cache(maxsize=4096)
def normal(mention: str) -> str:
    """Return a mention without determiner and capitals, its blanks and apostrophes made alike."""
    plain = " ".join(mention.replace("’", "'").split())
    bare = _DETERMINER.sub("", plain, count=1) if _DETERMINER.match(plain) else plain
    return bare.casefold().replace("etat", "état").replace("elysée", "élysée")


def is_pronoun(mention: str) -> bool:
    """Whether a mention is a pronoun that stands for someone named elsewhere."""
    return mention.casefold() in _PRONOUNS


def is_definite(mention: str) -> bool:
    """Whether a mention begins with *le*, *ce*, *son*, …, and so may take up an earlier one."""
    return bool(_DETERMINER.match(mention))


def full_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each name of at least two words."""
    for match in _NAME.finditer(text):
        start, end = match.span()
        while (first := _FIRST.match(text, start, end)) and first[1].casefold() in _NO_NAMES:
            start = first.end()  # *Selon Emmanuel Macron*: the first capital is the sentence's
        if len(text[start:end].split()) > 1:
            yield start, end


@lru_cache(maxsize=4096)
def _name(mention: str) -> tuple[str, ...]:
    """The words of the first full name in a mention, or of the lone name that it is; none if it names nobody."""
    plain = _COURTESY.sub("", mention)
    for start, end in full_names(plain):
        return tuple(plain[start:end].split())
    return (plain,) if _NAME.fullmatch(plain) else ()


def surname(mention: str) -> str | None:
    """Return the last word of the first name in a mention: *Macron* of *le président Emmanuel Macron, élu en 2017*."""
    name = _name(mention)
    return name[-1] if name else None


def first_name(mention: str) -> str | None:
    """Return the first word of the first name of several words in a mention."""
    name = _name(mention)
    return name[0] if len(name) > 1 else None


def is_short(mention: str) -> bool:
    """Whether a mention is a lone surname, with *M.* or *Mme* or without."""
    return len(_name(mention)) == 1 and acronym(mention) is None


@lru_cache(maxsize=4096)
def acronym(mention: str) -> str | None:
    """Return the acronym that a mention is, or holds in parentheses: *OMS* of *l'OMS*."""
    if held := _HELD_ACRONYM.search(mention):
        return str(held[1]).casefold()
    bare = _DETERMINER.sub("", mention.strip(), count=1) if _DETERMINER.match(mention.strip()) else mention.strip()
    return bare.casefold() if _LONE_ACRONYM.fullmatch(bare) else None


@cache
def _table() -> dict[str, set[str]]:
    """Return the surnames of those who have held an office, by every way to call it (as `normal` writes it)."""
    table: dict[str, set[str]] = {}
    file = resources.files("porteparole") / "knowledge" / "offices.tsv"
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        surname_, office, adjective, state = line.split("\t")
        for name in _names(office, adjective, state):
            table.setdefault(normal(name), set()).add(surname_)
    return table


def _names(office: str, adjective: str, state: str) -> Iterator[str]:
    """Yield the ways to call the holder of an office."""
    yield office
    yield f"{office} {adjective}"
    yield f"{office} de {state}"
    yield f"{office} des {state}"
    yield f"{office} du {state}"
    yield f"{office} de la {state}"
    yield f"{office} de l'{state}"
    role, _, field = office.partition(" ")
    if role == "ministre":
        yield f"ministre {adjective}"
        yield f"ministre {adjective} {field}"
    if field == "des affaires étrangères" or office == "secrétaire d'État":
        for head in ("chef", "cheffe"):
            yield from (f"{head} de la diplomatie", f"{head} de la diplomatie {_feminine(adjective)}")
    if office in ("président", "présidente"):
        yield from ("chef de l'État", f"chef de l'État {adjective}", "président de la République", "chef d'État")
        yield from (f"dirigeant {adjective}", f"leader {adjective}", "dirigeant", f"numéro un {adjective}")
    if office in ("premier ministre", "première ministre", "chancelier", "chancelière", "président du conseil"):
        yield from ("chef du gouvernement", f"chef du gouvernement {adjective}", f"dirigeant {adjective}")
        yield f"leader {adjective}"
        yield f"premier ministre {adjective}"
    if state == "États-Unis" and office == "président":
        yield from ("locataire de la Maison Blanche", "chef de la Maison Blanche", "milliardaire républicain")


def _feminine(adjective: str) -> str:
    """Return the feminine of an adjective of nationality."""
    if adjective.endswith(("e", "è")):
        return adjective
    if adjective.endswith("c"):
        return f"{adjective[:-1]}que"  # turc
    return f"{adjective}ne" if adjective.endswith("en") else f"{adjective}e"


def offices(description: str) -> frozenset[str]:
    """Return the surnames of those who have held the office that a description names; none, mostly."""
    return frozenset(_table().get(normal(description), ()))
