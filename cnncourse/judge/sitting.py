"""One submission's way through its kernels: run the cells, put the questions, survive the rest."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from nbformat import NotebookNode

from cnncourse.grading import messages
from cnncourse.grading.contract import Exercise, Result
from cnncourse.grading.engine import Examination
from cnncourse.grading.run_training import Training
from cnncourse.grading.strange import Strange
from cnncourse.grading.wire import WireError
from cnncourse.judge.cells import Cell, code_cells
from cnncourse.judge.client import Client
from cnncourse.judge.marks import Mark, Reason, lost, nothing
from cnncourse.judge.outputs import Shown
from cnncourse.judge.remote import Conversation, KernelLost, RemoteAnswer
from cnncourse.judge.settings import Budgets
from cnncourse.kernels.running import RunningKernel

SERVE = (
    "from IPython import get_ipython as _shell\n"
    "from cnncourse.grading.serve import serve as _serve\n"
    "_serve(_shell().user_ns)"
)
LOOK_SECONDS = 10.0
# A cell that already ran out of time once has defined by then what it will define.
AGAIN_SECONDS = 2.0


@dataclass
class Sitting:
    """Everything that is known about one submission while it is judged.

    start: starts a kernel. examinations: in the order of the notebook, by name.
    stages: seconds by what they were spent on.
    """

    notebook: NotebookNode
    examinations: dict[str, Examination]
    budgets: Budgets
    start: Callable[[], RunningKernel]
    marks: dict[str, Mark] = field(default_factory=dict)
    stages: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        trainings = sum(isinstance(one.run, Training) for one in self.exercises)
        longest = self.budgets.notebook + 2 * trainings * self.budgets.training
        self.deadline = time.monotonic() + longest
        self.cells: list[Cell] = code_cells(self.notebook)
        # After some cell broke the channel: ask after each, to find out which.
        self.suspicious = self.false_start = False

    @property
    def exercises(self) -> list[Exercise]:
        return [examination.exercise for examination in self.examinations.values()]

    @property
    def pending(self) -> list[str]:
        return [name for name in self.examinations if name not in self.marks]

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    def sit(self) -> dict[str, Mark]:
        """Judge all exercises; each kernel that is lost costs a cell or an exercise, no more."""
        first = True
        while self.pending:
            if self.left <= 0:
                for name in self.pending:
                    self.marks[name] = lost(self.examinations[name].exercise, "time")
                break
            self.in_a_kernel(everything=first)
            first = False
        return self.marks

    def in_a_kernel(self, everything: bool) -> None:
        """Get as far as one kernel goes. everything: run also cells that no answer needs."""
        with self.timed("kernel starts"):
            kernel = self.start()
        try:
            with Client(kernel) as client, contextlib.suppress(Lost):
                with self.timed("cells run"):
                    self.wait_until_heard(client)
                    self.run_cells(kernel, client, everything)
                with self.timed("questions put"):
                    self.put_questions(kernel, client)
        finally:
            with self.timed("kernel ends"):
                kernel.kill()

    def wait_until_heard(self, client: Client) -> None:
        """Nothing of the student's has run yet: one such loss is bad luck, two are a fault."""
        try:
            client.wait_until_heard()
        except KernelLost:
            if self.false_start:
                raise
            self.false_start = True
            raise Lost from None

    @contextlib.contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Note the seconds that a stage takes."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.stages[stage] += time.perf_counter() - began

    def run_cells(self, kernel: RunningKernel, client: Client, everything: bool) -> None:
        for cell in self.cells:
            if cell.dropped or not (everything or cell.needed):
                continue
            allowed = AGAIN_SECONDS if cell.trouble == "time" else self.budgets.cell
            try:
                shown, interrupted = client.run(cell.node.source, min(allowed, max(self.left, 0.1)))
            except KernelLost as end:
                if end.reason == "time" and not self.suspicious:
                    # It may be an earlier cell's doing that this one does not end.
                    self.suspicious = True
                else:
                    cell.drop(*why(kernel, end))
                raise Lost from None
            if interrupted:
                cell.trouble = "time"
            cell.shown = cell.shown or shown
            if self.suspicious and not can_be_asked(kernel, client):
                cell.drop("died", "afterwards nothing could be asked any more")
                raise Lost

    def put_questions(self, kernel: RunningKernel, client: Client) -> None:
        client.start(SERVE, silent=True)
        conversation = Conversation(kernel)
        for name in self.pending:
            exercise = self.examinations[name].exercise
            try:
                self.marks[name] = self.question(conversation, name)
            except (KernelLost, WireError) as end:
                if not conversation.replies and not self.suspicious:
                    # Some cell has seen to that: the next kernel finds out which.
                    self.suspicious = True
                elif isinstance(end, WireError):
                    self.marks[name] = nothing(exercise, messages.unintelligible(name), "died")
                else:
                    self.marks[name] = lost(exercise, *why(kernel, end))
                raise Lost from None

    def question(self, conversation: Conversation, name: str) -> Mark:
        """Examine one exercise. KernelLost, WireError."""
        exercise = self.examinations[name].exercise
        seen = conversation.look(name, LOOK_SECONDS)
        if not seen["defined"]:
            return self.undefined(exercise)
        if not seen["callable"]:
            say = messages.not_a_function(name, Strange(seen["kind"]))
            return Mark(Result("wrong", 0.0, None, None, None, say, name, exercise.points))
        answer = RemoteAnswer(conversation, self.budgets, min(self.budgets.exercise, self.left))
        result = self.examinations[name].grade(answer)
        return Mark(result, "time" if answer.out_of_time else "")

    def undefined(self, exercise: Exercise) -> Mark:
        """Why there is nothing of that name: look at its cell."""
        for cell in self.cells:
            if cell.answers == exercise.name and cell.trouble:
                return lost(exercise, cell.trouble, cell.detail)
        stopped = next((one.stopped for one in self.cells if one.answers == exercise.name), "")
        return nothing(exercise, messages.not_defined(exercise.name, stopped), "not defined")


class Lost(Exception):
    """This kernel is of no more use; what was lost with it is noted."""


def can_be_asked(kernel: RunningKernel, client: Client) -> bool:
    """Whether the channel still works after a cell."""
    asked = client.start(SERVE, silent=True)
    conversation = Conversation(kernel)
    try:
        conversation.look("", AGAIN_SECONDS)
        conversation.end()
        return client.finish(asked, Shown(), AGAIN_SECONDS)
    except (KernelLost, WireError):
        return False


def why(kernel: RunningKernel, end: KernelLost) -> tuple[Reason, str]:
    """What to call the end of a kernel, and the details of it."""
    if end.reason == "time":
        return "time", ""
    deadline = time.monotonic() + AGAIN_SECONDS
    while (ending := kernel.ending()) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if ending is None:
        return "died", "it closed the channel to the grader"
    if ending.reason in ("memory", "processes"):
        return ending.reason, ending.detail
    return "died", ending.detail
