"""How nbgrader runs this course. Every nbgrader command started in this folder reads it."""

import os
import secrets
import sys
import warnings
from pathlib import Path

import nbgrader

c = get_config()  # noqa: F821 - nbgrader puts it there

# nbgrader starts `alembic` by name when it makes a gradebook, activated environment or not.
os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
# Meant for nbgrader's authors, and too many to find one's own errors among them.
warnings.filterwarnings("ignore", module="nbgrader")
warnings.filterwarnings("ignore", module="sqlalchemy")

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# Without "*.py" every answer would be copied into the release, beside the notebook.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py"]

# The release is generated, so making it again is always right.
c.GenerateAssignment.force = True

# A deleted check cell comes back instead of leaving a hole where its points should be.
c.OverwriteCells.add_missing_cells = True
# A submitted notebook could tag its check cells with a tag that it knows, and be given full marks.
c.Execute.skip_cells_with_tag = secrets.token_hex(16)
# Seconds for one cell. The first one imports PyTorch.
c.Execute.timeout = 60
c.Execute.shutdown_kernel = "immediate"
# Or each kernel says on the terminal that it talks to nbgrader over TCP.
c.Execute.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
# A remark of PyTorch's C++ side on a machine is no mistake of the student's.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"\[W\d+ .*\]|Warning: "

# Ahead of nbgrader's own templates: feedback pages ask no other server for anything.
c.HTMLExporter.extra_template_basedirs = [
    str(Path(__file__).parent / "cnncourse" / "feedback_page"),
    str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"),
]
