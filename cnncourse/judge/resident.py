"""The one judge of this process, kept from notebook to notebook."""

from __future__ import annotations

import atexit
import secrets
import threading

from cnncourse.judge.judge import Judge, host_for
from cnncourse.judge.settings import JudgeSettings
from cnncourse.kernels.fork_server import Zygote


class Resident:
    """Keeps the judge of the current batch, so that only a process's first job has to wait.

    lent: another process's zygote, for the first judge here.
    """

    def __init__(self) -> None:
        self.lock, self.busy = threading.Lock(), threading.Lock()
        self.judge: Judge | None = None
        self.lent: Zygote | None = None
        # For batches that nobody gave a seed: one for all notebooks that this process grades.
        self.seed = secrets.randbits(31)

    def judge_for(self, settings: JudgeSettings) -> Judge:
        """The judge with these settings. SandboxError where kernels cannot be confined."""
        with self.lock:
            if self.judge is None or self.judge.settings != settings:
                if self.judge is not None:
                    self.judge.close()
                zygote, self.lent = self.lent, None
                self.judge = Judge(settings, host_for(settings, zygote))
            return self.judge

    def forget(self) -> None:
        """Close the judge; the next job starts a new one."""
        with self.lock:
            if self.judge is not None:
                self.judge.close()
                self.judge = None


# An executor calls functions, and nbgrader makes its preprocessors anew for each notebook:
# neither has an object that lives as long as a batch.
RESIDENT = Resident()
atexit.register(RESIDENT.forget)
