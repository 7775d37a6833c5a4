"""The tour for newcomers runs from top to bottom."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

TOUR = Path(__file__).parents[2] / "examples" / "tour.ipynb"


# zmq, below the kernel's client, leaves sockets to the garbage collector.
@pytest.mark.filterwarnings("default::ResourceWarning", "default::pytest.PytestUnraisableExceptionWarning")
def test_the_tour_runs(tmp_path: Path) -> None:
    tour = nbformat.read(TOUR, as_version=4)
    code = [cell for cell in tour.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in code), "kept without outputs, which age: clear them before you commit"
    NotebookClient(tour, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    shown = [output["data"] for output in code[0].outputs if "data" in output]
    assert 'class="pp-card"' in shown[0]["text/html"]
    assert "Jón Baldursson | a promis |" in code[1].outputs[0]["text"]
