"""Numbers of the whole course, for sentences: `{{ lessons }}`, `{{ wrong_answers }}`, ...

What a page says in words would be wrong with the next lesson. All of them are counted here.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from cnncourse.course import LESSONS
from cnncourse.experiments import check_times
from cnncourse.experiments.records import read_record

from .hours import in_halves, in_words, to_do, to_halves, to_read
from .zoo import other_right_answers


def numbers(root: Path) -> dict[str, str]:
    """Name -> what stands in the text."""
    exercises = [one for lesson in LESSONS for one in lesson.exercises]
    others = [other_right_answers(root, lesson).values() for lesson in LESSONS]
    measured = read_record("check_times", root / "book" / "_data")["results"]["exercises"]
    median = {
        kind: check_times.in_words(statistics.median(times[kind] for times in measured.values()))
        for kind in ("right", "wrong")
    }
    halves = [to_halves(to_read(root, [one]) + to_do([one])) for one in LESSONS]
    return {
        "lessons": f"{len(LESSONS)}",
        "exercises": f"{len(exercises)}",
        "explanations": f"{sum(len(lesson.explanations) for lesson in LESSONS)}",
        "points": f"{sum(lesson.points for lesson in LESSONS)}",
        "wrong_answers": f"{sum(len(one.misconceptions) for one in exercises)}",
        "cases": f"{sum(len(one.cases) for one in exercises)}",
        "other_right_answers": f"{sum(map(sum, others))}",
        "check_of_a_right_answer": median["right"],
        "check_of_a_wrong_answer": median["wrong"],
        "hours_to_read": in_words(to_read(root, LESSONS)),
        "hours_to_do": in_words(to_do(LESSONS)),
        "hours_of_a_lesson": f"{in_halves(min(halves))} to {in_halves(max(halves))} hours",
    }


def count(app: Sphinx, config: Config) -> None:
    config.myst_substitutions |= numbers(Path(app.srcdir))


def setup(app: Sphinx) -> None:
    app.connect("config-inited", count)
