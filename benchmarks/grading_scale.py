"""What a class costs, from its first submission to the last feedback page, and what grows with it.

    python benchmarks/grading_scale.py [--record]

With --record it takes up to a quarter of an hour and writes book/_data/grading_scale.json, from
which the page on larger classes is worked out. Without, it is a small version that writes nothing.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from autograde import LESSON, OURS, ROOT, make_class
from gradebook_writer import measure

from cnncourse.classroom.plan import table
from cnncourse.experiments.records import FOLDER, provenance
from cnncourse.judge.records import write_whole
from cnncourse.nbgrader_commands import run_nbgrader
from cnncourse.sandbox.watchdog import descendants

NAME = "grading_scale.json"
COMMAND = "python benchmarks/grading_scale.py"
STEPS = ("submitted", "autograded", "records", "feedback")
PROGRAMS = ("nbgrader", "sqlalchemy", "ipykernel")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="the whole, into book/_data")
    parser.add_argument("--classes", type=int, nargs="+", help="how many submissions (30 300)")
    parser.add_argument("--gradebooks", type=int, nargs="+", help="students (300 3000 30000)")
    options = parser.parse_args()
    classes = options.classes or ([30, 300] if options.record else [6, 12])
    gradebooks = options.gradebooks or ([300, 3000, 30_000] if options.record else [30, 300])
    load, began = os.getloadavg()[2], time.perf_counter()
    results = measured(classes, gradebooks, 300 if options.record else 30)
    seconds = time.perf_counter() - began
    command = f"{COMMAND} --record" if options.record else COMMAND
    record = provenance(command, [], seconds, torch.device("cpu"))
    record["versions"] |= {name: importlib.metadata.version(name) for name in PROGRAMS}
    record["results"] = {
        "cores": len(os.sched_getaffinity(0)),
        "load": round(load, 1),
        **results,
    }
    text = json.dumps(record, indent=2) + "\n"
    if options.record:
        write_whole(FOLDER / NAME, text)
        print(FOLDER / NAME)
    else:
        print(text)
    print(table(record["results"]))


def measured(classes: list[int], gradebooks: list[int], results: int) -> dict[str, Any]:
    """Everything, the classes from small to large."""
    grading, feedback, disk, writer = [], [], {}, []
    for students in sorted(classes):
        with tempfile.TemporaryDirectory(prefix="scale-") as name:
            folder = Path(name)
            make_class(folder, students)
            for workers in (1, 2):
                seconds, memory = watched(folder, workers)
                grading.append(
                    {"students": students, "workers": workers, "seconds": seconds, "memory": memory}
                )
            began = time.perf_counter()
            here = f"--CourseDirectory.root={folder}"
            run_nbgrader(ROOT, "generate_feedback", LESSON.id, here, log=folder / "log")
            feedback.append({"students": students, "seconds": time.perf_counter() - began})
            disk = {step: size(folder / step) / students for step in STEPS}
            if students == max(classes):
                writer = list(measure(folder, gradebooks, results))
    return {"grading": grading, "feedback": feedback, "disk": disk, "writer": writer}


def watched(folder: Path, workers: int) -> tuple[float, int]:
    """Seconds of `cnncourse grade`, and the most bytes that all its processes took together."""
    for step in ("records", "autograded"):
        shutil.rmtree(folder / step, ignore_errors=True)
    program = folder / "grade.py"
    program.write_text(OURS)
    began, most = time.perf_counter(), 0
    command = [sys.executable, str(program), str(ROOT), str(folder), str(workers)]
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        while process.poll() is None:
            most = max(most, sum(map(share, (process.pid, *descendants(process.pid)))))
            time.sleep(0.2)
    if process.returncode:
        sys.exit((folder / "said").read_text()[-2000:])
    return time.perf_counter() - began, most


def share(process: int) -> int:
    """A process's bytes, where what it shares with others is counted once among all of them."""
    try:
        lines = Path("/proc", str(process), "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
