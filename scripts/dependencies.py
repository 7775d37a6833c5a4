"""Write docs/dependencies.md: what is installed with porteparole, in which version, under which licence.

    python scripts/dependencies.py

Reads what is installed here, so run it in the environment that the tests passed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path

import tomllib
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HEAD = """# Dependencies

Written by `python scripts/dependencies.py` from what the tests last ran with; direct ones in bold. What pip installs
is pinned by [constraints.txt](../constraints.txt) for development; `make sbom` writes the same for a bare install as
CycloneDX, `make audit` asks the advisories of PyPI about it.

| package | version | licence | comes with |
|---|---|---|---|
"""


def closure(requirements: Iterable[str]) -> set[str]:
    """Return the canonical names of all that these requirements bring on this platform, themselves included."""
    found: set[str] = set()
    waiting = [(line, "") for line in requirements]
    while waiting:
        requirement = Requirement(waiting[-1][0])
        _, asked = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": asked}):
            continue
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        if name not in found:
            found.add(name)
            waiting += [(line, "") for line in needs]
        for more in requirement.extras:
            waiting += [(line, more) for line in needs if f'extra == "{more}"' in line.replace("'", '"')]
    return found


def licence(package: Distribution) -> str:
    """Return the licence as the package tells it, in the newest of the three forms that it uses."""
    told = package.metadata
    if expression := told.get("License-Expression"):
        return str(expression)
    classified = [c.rpartition("::")[2].strip() for c in told.get_all("Classifier", []) if c.startswith("License ::")]
    return ", ".join(classified) or str(told.get("License") or "not told").splitlines()[0][:60]


def main() -> None:
    """Write the table."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    asked = [*project["dependencies"], *(line for lines in extras.values() for line in lines)]
    direct = {canonicalize_name(Requirement(line).name) for line in asked}
    places = dict.fromkeys(closure(project["dependencies"]), "porteparole")
    for extra in sorted(extras, key=lambda name: name == "dev"):  # what the tests alone need, at last
        for name in closure(line for line in extras[extra] if not line.startswith("porteparole[")):
            places.setdefault(name, f"`porteparole[{extra}]`")
    rows = [
        f"| {f'**{name}**' if name in direct else name} | {version(name)} | {licence(distribution(name))} | {place} |"
        for name, place in sorted(places.items(), key=lambda row: (row[1].strip("`"), row[0]))
    ]
    (ROOT / "docs/dependencies.md").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
