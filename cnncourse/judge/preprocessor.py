"""The judge where nbgrader runs notebooks: in the place of its `Execute`."""

from __future__ import annotations

from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Enum, Float, Int, Unicode

from cnncourse.judge.records import write_record
from cnncourse.judge.resident import RESIDENT
from cnncourse.judge.settings import Budgets, JudgeSettings


class JudgeNotebook(NbGraderPreprocessor):
    """Runs a poured notebook in sandboxed kernels and writes the outputs of its grade cells.

    All notebooks of a process get the same resident judge and, where none is set, the same seed.
    """

    sandbox = Enum(
        ("on", "none"),
        "on",
        help="'none' runs students' code with all of your rights, where no sandbox can be had.",
    ).tag(config=True)
    warm = Bool(
        True, help="Fork kernels from a resident process; False starts Python anew for each."
    ).tag(config=True)
    seed = Int(
        None,
        allow_none=True,
        help="Decides all inputs. None: a fresh secret one for each batch. The records have it.",
    ).tag(config=True)
    device = Enum(("cpu", "cuda"), "cpu", help="Where tensors lie while grading.").tag(config=True)
    call_seconds = Float(Budgets.call, help="For one call of a function.").tag(config=True)
    exercise_seconds = Float(Budgets.exercise, help="For all calls of one.").tag(config=True)
    cell_seconds = Float(Budgets.cell, help="For one cell.").tag(config=True)
    notebook_seconds = Float(Budgets.notebook, help="For everything.").tag(config=True)
    records_directory = Unicode(
        "records", help="Where the structured records go, seen from the course's folder."
    ).tag(config=True)

    def settings(self) -> JudgeSettings:
        """What was configured."""
        budgets = Budgets(
            call=self.call_seconds,
            exercise=self.exercise_seconds,
            cell=self.cell_seconds,
            notebook=self.notebook_seconds,
        )
        seed = RESIDENT.seed if self.seed is None else self.seed
        return JudgeSettings(seed, self.sandbox, self.warm, self.device, budgets)

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Judge one notebook, and put its record beside the gradebook."""
        about = resources["nbgrader"]
        judge = RESIDENT.judge_for(self.settings())
        record = judge.judge(nb, about["assignment"], about["student"])
        # nbgrader has changed into the course's folder.
        write_record(Path(self.records_directory), record)
        if record["reason"]:
            self.log.warning("%s: %s. %s", about["student"], record["status"], record["reason"])
        return nb, resources
