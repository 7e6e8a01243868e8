"""The words, signs and colours in which progress is told, in a terminal and in a notebook alike."""

from __future__ import annotations

from cnncourse.grading.render import HEADS
from cnncourse.progress.finding import called
from cnncourse.progress.report import LessonProgress, Report, few
from cnncourse.progress.standing import State
from cnncourse.wording import number

WAITING, QUIET, GOOD = "#3b6fb6", "#5a6472", "#1a7f4b"
# The words of a check's verdict are those that the check itself uses.
LOOKS: dict[State, tuple[str, str, str]] = {
    **HEADS,
    "unfinished": ("…", "begun, not finished", WAITING),
    "not checked": ("…", "not checked yet", WAITING),
    "changed": ("↻", "changed since the last check", WAITING),
    "older": ("↻", "checked with an older version of the exercise", WAITING),
    "missing": ("?", "not in this notebook", QUIET),
    "written": ("●", "written", GOOD),
    "not written": ("○", "not written yet", QUIET),
}
SAVED_COUNTS = "Only what is saved counts: save your notebook, then look again."


def span(minutes: int) -> str:
    """A length of time as one says it.

    >>> span(45), span(60), span(100), span(1290)
    ('45 minutes', '1 hour', '1.5 hours', '22 hours')
    """
    if minutes < 60:
        return f"{minutes} minutes"
    hours = round(minutes / 30) / 2 if minutes < 600 else round(minutes / 60)
    return "1 hour" if hours == 1 else f"{number(hours)} hours"


def total(report: Report) -> str:
    """All of it in a sentence."""
    lessons = report.lessons
    parts = [
        f"{number(sum(one.points for one in lessons))} of "
        f"{sum(one.worth for one in lessons)} points",
        f"{sum(one.right for one in lessons)} of "
        f"{sum(len(one.exercises) for one in lessons)} exercises right",
    ]
    texts = [text for one in lessons for text in one.texts]
    if texts:
        parts.append(f"{sum(text.done for text in texts)} of {len(texts)} texts written")
    return ", ".join(parts)


def left(report: Report) -> str:
    """How long the rest may take."""
    minutes = report.minutes_left
    return f"about {span(minutes)} left" if minutes else "nothing left"


def counts(progress: LessonProgress) -> str:
    """How the exercises of a lesson stand, in a few words."""
    states = {"right": progress.right, "begun": progress.begun, "not begun": progress.not_begun}
    parts = [f"{many} {state}" for state, many in states.items() if many]
    if progress.texts:
        parts.append(f"{progress.written} of {len(progress.texts)} texts")
    if not progress.is_begun:
        parts.append(f"about {span(progress.minutes_left)}")
    return ", ".join(parts)


def points_of(progress: LessonProgress) -> str:
    return f"{number(progress.points)} of {progress.worth}"


def where_next(report: Report) -> tuple[str, str]:
    """The exercise to do next, and how long it takes and where it is; "" and praise at the end."""
    following = report.next
    if following is None:
        return "", "Everything is done. Well done!"
    progress, one = following
    if progress.path is None:
        place = (
            f"in lesson {progress.lesson.id}. Its notebook is not here: you find it in the strip "
            "on top of the lesson's chapter."
        )
    elif one.state == "missing":
        place = f"in lesson {progress.lesson.id}. {called(progress.path)} lacks it: get a new one."
    else:
        place = f"in {called(progress.path)}."
    return one.name, f"about {span(one.minutes)}, {place}"


def by_hand(report: Report) -> str:
    """Whose points are not in the sums, and why; "" where there are none."""
    worth = sum(text.worth for one in report.lessons for text in one.texts)
    return f"A person gives the {worth} points for texts; they are in no sum here." if worth else ""


def nothing_found(report: Report) -> str:
    """What to do where no notebook is found."""
    places = few([called(place) for place in report.looked_in])
    places = "this folder" if places == "." else places
    return (
        f"There is no notebook of the course in {places}, nor below. Save your notebook first, "
        "or name the folder that it is in"
    )
