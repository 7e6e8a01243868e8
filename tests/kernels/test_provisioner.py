"""Any Jupyter client can have confined kernels, by the name of a provisioner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECRET = ROOT / "solutions" / "02-convolution" / "convolution.py"
SOURCES = ["1 + 1", f"open({str(SECRET)!r}).read()", "%matplotlib inline\nprint('still here')"]
CLIENT = """
import json, sys
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
notebook = new_notebook(cells=[new_code_cell(source) for source in json.loads(sys.argv[1])])
NotebookClient(notebook, allow_errors=True, timeout=60, kernel_name="python3").execute()
print(json.dumps([cell.outputs[0] for cell in notebook.cells]))
"""


# In a process of its own: jupyter_client asks for the provisioner's name once, and keeps it.
def test_client_gets_a_confined_kernel() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, json.dumps(SOURCES)],
        env=os.environ | {"JUPYTER_DEFAULT_PROVISIONER_NAME": "cnncourse-sandbox"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    two, refused, here = json.loads(done.stdout.splitlines()[-1])
    assert two["data"]["text/plain"] == "2"
    assert refused["ename"] in ("FileNotFoundError", "PermissionError")
    assert here["text"] == "still here\n"
