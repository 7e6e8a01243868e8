"""Put jobs to an executor and take what comes back, whatever happens to its workers."""

from __future__ import annotations

import concurrent.futures
import importlib
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import wait

from cnncourse.classroom.quick_start import skip_slow_imports
from cnncourse.folder import CourseError
from cnncourse.judge.settings import JudgeSettings
from cnncourse.judge.worker import Job, Outcome

GradeJob = Callable[[Job, JudgeSettings], Outcome]


@dataclass(frozen=True)
class Done:
    """What came of a job: an outcome, or the machine's failure in a sentence."""

    job: Job
    outcome: Outcome | None
    problem: str = ""


class LocalWorkers:
    """Worker processes of this machine. A worker that dies takes at most its own job with it.

    The first ones start at once, so that they are ready when there is something to do.
    """

    def __init__(self, jobs: int, early: bool = False) -> None:
        self.jobs = jobs
        self.ready = self.pool(jobs) if early else None
        for _ in range(jobs if early else 0):
            self.ready.submit(int)

    def close(self) -> None:
        """End workers that were started and got nothing to do."""
        if self.ready is not None:
            self.ready.shutdown(cancel_futures=True)
            self.ready = None

    def run(self, grade: GradeJob, jobs: Sequence[Job], settings: JudgeSettings) -> Iterator[Done]:
        """Grade all jobs, in any order."""
        waiting, suspects = deque(jobs), deque[Job]()
        while waiting or suspects:
            # After a worker died, nobody knows over which job: those are tried one by one.
            alone = bool(suspects)
            queue = suspects if alone else waiting
            pool, self.ready = self.ready or self.pool(min(self.jobs, len(queue))), None
            if alone:
                pool.shutdown(cancel_futures=True)
                pool = self.pool(1)
            try:
                lost = yield from self.through(pool, grade, queue, settings, alone)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
            suspects.extend(lost)

    def pool(self, jobs: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(jobs, mp_context=context, initializer=end_with_parent)

    def through(
        self,
        pool: Executor,
        grade: GradeJob,
        queue: deque[Job],
        settings: JudgeSettings,
        alone: bool,
    ) -> Iterator[Done]:
        """Work through a queue until it is empty or a worker dies; the jobs that were lost."""
        running: dict[Future[Outcome], Job] = {}
        room = 1 if alone else self.jobs + 1
        while queue or running:
            while queue and len(running) < room:
                job = queue.popleft()
                try:
                    running[pool.submit(grade, job, settings)] = job
                except BrokenProcessPool:
                    queue.appendleft(job)
                    break
            if not running:
                return []
            done, _ = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED
            )
            broken = [future for future in done if is_broken(future)]
            for future in done.difference(broken):
                yield result_of(running.pop(future), future)
            if broken:
                lost = list(running.values())
                if alone:
                    yield Done(lost[0], None, "The worker process died over it, twice.")
                    return []
                return lost
        return []


class ClusterWorkers:
    """The workers of a Dask cluster; Dask itself gives lost jobs to others."""

    def __init__(self, address: str, seconds: float = 30.0) -> None:
        self.address, self.seconds = address, seconds

    def close(self) -> None:
        """The cluster is not ours to end."""

    def run(self, grade: GradeJob, jobs: Sequence[Job], settings: JudgeSettings) -> Iterator[Done]:
        """Grade all jobs, in any order. CourseError where the cluster cannot be reached."""
        try:
            from distributed import Client
        except ModuleNotFoundError:
            raise CourseError(
                "--scheduler needs Dask: pip install 'cnncourse[cluster]', here and on the workers."
            ) from None
        with ExitStack() as stack:
            try:
                client = stack.enter_context(Client(self.address, timeout=self.seconds))
            except (OSError, TimeoutError) as error:
                raise CourseError(
                    f"No Dask scheduler answers at {self.address} ({error}). Is it running?"
                ) from None
            executor = stack.enter_context(client.get_executor(pure=False, retries=3))
            running = {executor.submit(grade, job, settings): job for job in jobs}
            for future in concurrent.futures.as_completed(running):
                yield result_of(running[future], future)


def is_broken(future: Future[Outcome]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


def result_of(job: Job, future: Future[Outcome]) -> Done:
    error = future.exception()
    if error is None:
        return Done(job, future.result())
    return Done(job, None, f"{type(error).__name__}: {error}"[:500])


def end_with_parent() -> None:
    """In a worker: end when the coordinator does, even when it was killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    skip_slow_imports()
    import torch

    # The kernels do the work; a worker's own threads would only keep them from it.
    torch.set_num_threads(1)
    importlib.import_module("cnncourse.judge.worker")


def usable_cores() -> int:
    """How many processes can work at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
