"""How nbgrader runs this course. Every nbgrader command started in this folder reads it."""

import os
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

# PostgreSQL accepts no assignment without a course, and nbgrader's exchange none either.
c.CourseDirectory.course_id = "cnncourse"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# Without "*.py" every answer would be copied into the release, beside the notebook.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py"]

# The release is generated, so making it again is always right.
c.GenerateAssignment.force = True

# Submissions are read as data, and only their answers are poured into the released notebook ...
c.Autograde.exporter_class = "cnncourse.intake.exporter.IntakeExporter"
# ... which is judged from outside of its kernel. Nothing that a student's program says is believed.
c.Autograde.autograde_preprocessors = [
    "cnncourse.judge.preprocessor.JudgeNotebook",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# A machine that cannot confine students' programs refuses to grade. To grade work that you trust
# all the same: c.JudgeNotebook.sandbox = "none"

# Downloads from Moodle and Canvas: only notebooks are unpacked, and nothing bad stops the rest.
c.ZipCollectApp.extractor_plugin = "cnncourse.intake.zip_collect.SafeExtractor"
c.ZipCollectApp.collector_plugin = "cnncourse.intake.zip_collect.LmsCollector"

# The exchange: links are not followed, and students get their feedback through it.
c.ExchangeFactory.collect = "cnncourse.intake.exchange.SafeCollect"
c.ExchangeFactory.release_feedback = "cnncourse.intake.exchange.ReleaseFeedback"

# A submission that could not be graded has no score; nbgrader's own table would say 0.
c.ExportApp.plugin_class = "cnncourse.classroom.export.GradesExport"

# What students write is opened in instructors' browsers, so no Markdown of theirs may act.
c.HTMLExporter.filters = {"markdown2html": "cnncourse.judge.markdown.safe_markdown"}

# Ahead of nbgrader's own templates: feedback pages ask no other server for anything.
c.HTMLExporter.extra_template_basedirs = [
    str(Path(__file__).parent / "cnncourse" / "feedback_page"),
    str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"),
]
