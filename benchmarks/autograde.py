"""The same class through stock nbgrader and through this course's grader, side by side.

    python benchmarks/autograde.py [--students 100] [--flat 10 100 300] [--without-stock]

Stock is nbgrader with its own executor and kernels and its default settings. Ours runs with the
sandbox on. Every figure is wall-clock time of a whole command, its start included.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from statistics import mean

import nbformat

from cnncourse.course import find_lesson
from cnncourse.judge.cells import code_cells
from cnncourse.judge.client import Client
from cnncourse.kernels.host import KernelHost
from cnncourse.kernels.running import RunningKernel
from cnncourse.nbgrader_commands import run_nbgrader
from cnncourse.sample_class.submissions import fill_in, read_students
from cnncourse.sandbox.watchdog import descendants

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("02-convolution")
# Costs both graders nothing but their time limits.
LEFT_OUT = "never-ends"
KERNELS = 4
STOCK = """c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.Execute.timeout = 60
"""
OURS = """
import sys
from pathlib import Path
from cnncourse.course import find_lesson
if __name__ == "__main__":
    from cnncourse.classroom.quick_start import skip_slow_imports
    skip_slow_imports()
    from cnncourse.classroom.workers import workers_for
    course, folder, jobs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    workers = workers_for(jobs)
    from cnncourse.classroom.command import grade_lesson
    from cnncourse.classroom.coordinator import Order
    grade_lesson(course, find_lesson("02-convolution"), Order(again=True), workers, root=folder)
"""


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="autograde-") as name:
        folder = Path(name)
        make_class(folder, options.students)
        table = []
        if not options.without_stock:
            table.append(("stock nbgrader", stock(folder)))
        table.append(("ours, one after another", ours(folder, 1)))
        stages = profile(folder)
        table.append(("ours, two workers", ours(folder, 2)))
        print(f"{options.students} submissions of {LESSON.id}")
        base = table[0][1]
        for what, seconds in table:
            each = seconds / options.students
            print(f"  {what:<24} {seconds:>7.1f} s  {each:>6.3f} s each  {base / seconds:>5.1f} x")
        print("where one submission's time goes, one after another")
        for stage, seconds in stages.items():
            print(f"  {stage:<24} {seconds * 1000:>7.1f} ms")
    if options.flat:
        print("cost per submission as the class grows, two workers")
        for students in options.flat:
            with tempfile.TemporaryDirectory(prefix="autograde-") as name:
                make_class(Path(name), students)
                seconds = ours(Path(name), 2)
            print(
                f"  {students:>4} submissions {seconds:>7.1f} s {seconds / students:>7.3f} s each"
            )
    print(f"memory for each more kernel: {memory() / 2**20:.0f} MB (proportional set size)")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=10)
    parser.add_argument("--flat", type=int, nargs="*", default=[])
    parser.add_argument("--without-stock", action="store_true")
    return parser.parse_args()


def make_class(folder: Path, students: int) -> None:
    """A course folder in which so many have handed in, and a gradebook that knows the lesson."""
    for path in (LESSON.solution.with_suffix(".ipynb"), LESSON.exercise):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    (folder / "nbgrader_config.py").write_text(STOCK)
    here = f"--CourseDirectory.root={folder}"
    run_nbgrader(ROOT, "generate_assignment", LESSON.id, "--force", here, log=folder / "log")
    solved = nbformat.read(ROOT / LESSON.solution.with_suffix(".ipynb"), as_version=4)
    kinds = [student for student in read_students(LESSON) if student.name != LEFT_OUT]
    for number, student in enumerate(islice(cycle(kinds), students)):
        released = nbformat.read(ROOT / LESSON.exercise, as_version=4)
        target = folder / "submitted" / f"s{number:03}" / LESSON.id / LESSON.exercise.name
        target.parent.mkdir(parents=True)
        nbformat.write(fill_in(released, solved, student), target)


def stock(folder: Path) -> float:
    """Seconds of a stock `nbgrader autograde`; the folder's own configuration is read."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "nbgrader", "autograde", LESSON.id]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return seconds


def ours(folder: Path, jobs: int) -> float:
    """Seconds of `cnncourse grade`."""
    program = folder / "grade.py"
    program.write_text(OURS)
    began = time.perf_counter()
    command = [sys.executable, str(program), str(ROOT), str(folder), str(jobs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stdout[-1000:] + done.stderr[-2000:])
    return seconds


def profile(folder: Path) -> dict[str, float]:
    """Mean seconds of each stage, from the records of the last run, and of all stages."""
    paths = (folder / "records" / LESSON.id).glob("s*.json")
    found = [json.loads(path.read_text()) for path in paths]
    names = dict.fromkeys(name for record in found for name in record["stages"])
    stages = {name: mean(one["stages"].get(name, 0.0) for one in found) for name in names}
    return {**stages, "everything": mean(record["seconds"] for record in found)}


def memory() -> float:
    """Bytes that a kernel adds which has run the whole notebook."""
    notebook = nbformat.read(ROOT / LESSON.solution.with_suffix(".ipynb"), as_version=4)
    with KernelHost() as host:
        sizes, kernels = [], []
        for _ in range(KERNELS):
            kernels.append(host.start())
            run_notebook(kernels[-1], notebook)
            sizes.append(proportional(host))
        for kernel in kernels:
            kernel.kill()
    return (sizes[-1] - sizes[0]) / (KERNELS - 1)


def run_notebook(kernel: RunningKernel, notebook: nbformat.NotebookNode) -> None:
    with Client(kernel) as client:
        client.wait_until_heard()
        for cell in code_cells(notebook):
            client.run(cell.node.source, 60)


def proportional(host: KernelHost) -> int:
    """The memory of the zygote and all that came of it, what is shared counted once."""
    zygote = host.zygote().process.pid
    total = 0
    for process in (zygote, *descendants(zygote)):
        for line in Path("/proc", str(process), "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


if __name__ == "__main__":
    main()
