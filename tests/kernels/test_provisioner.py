"""Any Jupyter client can have confined kernels, by the name of a provisioner."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parents[2]
SECRET = ROOT / "solutions" / "02-convolution" / "convolution.py"
SOURCES = ["1 + 1", f"open({str(SECRET)!r}).read()", "%matplotlib inline\nprint('still here')"]


# nbclient leaves sockets to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_client_gets_a_confined_kernel(monkeypatch) -> None:
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "cnncourse-sandbox")
    notebook = new_notebook(cells=[new_code_cell(source) for source in SOURCES])
    NotebookClient(notebook, allow_errors=True, timeout=60, kernel_name="python3").execute()
    two, refused, here = (cell.outputs[0] for cell in notebook.cells)
    assert two.data["text/plain"] == "2"
    assert refused.ename in ("FileNotFoundError", "PermissionError")
    assert here.text == "still here\n"
