"""The notebook runs from its first cell to its last on a tiny run, and is stored without outputs."""

from __future__ import annotations

import warnings
from pathlib import Path

import nbformat
import pytest

from tests.conftest import PROJECT
from tests.fixtures.tiny_run import TinyRun

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the notebook machinery's own imports
    from nbclient import NotebookClient

NOTEBOOK = PROJECT / "examples" / "recommend.ipynb"


def printed(cell: nbformat.NotebookNode) -> list[str]:
    """The lines a cell printed to standard output."""
    text = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
    return text.splitlines()


def test_no_outputs_are_stored() -> None:
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the notebook machinery; the project's own would be in the kernel
def test_it_runs(tiny: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCRS_RUN", str(tiny.run))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    by_id = {cell.id: cell for cell in notebook.cells}
    recommended = printed(by_id["five-lines"])
    assert [line.split(".")[0] for line in recommended] == ["1", "2", "3", "4", "5"]
    assert printed(by_id["mentions"])[0] == "Heat (1995): weight 1.00"
    compared = printed(by_id["compare"])
    assert sum("earlier dialogues" in line for line in compared) == 2
    assert sum("gained most" in line for line in compared) == 2
    assert not any(
        output.get("name") == "stderr" for cell in notebook.cells for output in cell.get("outputs", [])
    )
