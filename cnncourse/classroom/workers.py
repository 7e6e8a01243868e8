"""Put jobs to an executor and take what comes back, whatever happens to its workers."""

from __future__ import annotations

import concurrent.futures
import importlib
import multiprocessing
import os
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import wait

from cnncourse.folder import CourseError
from cnncourse.judge.settings import JudgeSettings
from cnncourse.judge.worker import Job, Outcome
from cnncourse.kernels.fork_server import Zygote

# Imported in the process that workers are forked from.
PRELOADED = "cnncourse.classroom.worker_process"
HOW = "forkserver" if sys.platform == "linux" else "spawn"
GradeJob = Callable[[Job, JudgeSettings], Outcome]


@dataclass(frozen=True)
class Done:
    """What came of a job: an outcome, or the machine's failure in a sentence."""

    job: Job
    outcome: Outcome | None
    problem: str = ""


class LocalWorkers:
    """Worker processes of this machine. A worker that dies takes at most its own job with it.

    early: start at once what takes its time, so that it is ready when there is something to do.
    """

    def __init__(self, jobs: int, early: bool = False) -> None:
        self.jobs = jobs
        self.context = multiprocessing.get_context(HOW)
        self.zygote: Zygote | None = None
        if HOW == "forkserver":
            self.context.set_forkserver_preload([PRELOADED])
            if early:
                forkserver.ensure_running()
                self.zygote = Zygote.start(warm=True)

    def close(self) -> None:
        """End what was started early."""
        if self.zygote is not None:
            self.zygote.close()
            self.zygote = None

    def run(self, grade: GradeJob, jobs: Sequence[Job], settings: JudgeSettings) -> Iterator[Done]:
        """Grade all jobs, in any order."""
        waiting, suspects = deque(jobs), deque[Job]()
        while waiting or suspects:
            # After a worker died, nobody knows over which job: those are tried one by one.
            alone = bool(suspects)
            queue = suspects if alone else waiting
            pool = self.pool(1 if alone else min(self.jobs, len(queue)))
            try:
                lost = yield from self.through(pool, grade, queue, settings, alone)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
            suspects.extend(lost)

    def pool(self, jobs: int) -> ProcessPoolExecutor:
        lent = self.zygote.socket if self.zygote and self.zygote.lives() else None
        return ProcessPoolExecutor(jobs, self.context, start_worker, (lent,))

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


def start_worker(zygote: socket.socket | None) -> None:
    """In a new worker: get ready, and end when the coordinator does, even when it was killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    preloaded = importlib.import_module(PRELOADED)
    preloaded.get_ready(Zygote(zygote) if zygote else None)


def workers_for(jobs: int | None = None, scheduler: str = "") -> LocalWorkers | ClusterWorkers:
    """The workers of a cluster, or of this machine: as many as it has cores, if nobody says."""
    if scheduler:
        return ClusterWorkers(scheduler)
    return LocalWorkers(jobs or usable_cores(), early=True)


def usable_cores() -> int:
    """How many processes can work at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
