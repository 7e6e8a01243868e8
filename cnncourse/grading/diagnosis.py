"""Which belief gives exactly this result? Every known wrong answer is run on the same inputs."""

from __future__ import annotations

from collections.abc import Sequence

from cnncourse.grading import messages
from cnncourse.grading.attempt import Attempt
from cnncourse.grading.contract import Misconception
from cnncourse.grading.messages import one_line
from cnncourse.grading.question import Judged, Question


def diagnose(
    misconceptions: Sequence[Misconception], judged: Sequence[Judged]
) -> tuple[Misconception | None, str]:
    """The misconception behind a wrong answer and the sentence for it, or (None, "").

    It is named where it gives the student's results on all cases. One that gives every wrong
    result, but not the crashes and the missing refusals, is named with care, and only where no
    other does: the student has a second mistake, or half a remedy.
    """
    partly = []
    for misconception in misconceptions:
        on_all, on_failing = matches(misconception, judged)
        if on_all:
            return misconception, misconception.say
        if on_failing:
            partly.append(misconception)
    if len(partly) == 1:
        return partly[0], messages.same_as_misconception_here(partly[0].say)
    return None, ""


def matches(misconception: Misconception, judged: Sequence[Judged]) -> tuple[bool, bool]:
    """Whether a misconception gives the same on all cases, and every wrong result."""
    on_all = True
    # Two answers that both crash are alike only if some result shows it.
    seen_on_all = seen_on_failing = False
    for one in sorted(judged, key=lambda one: one.passed):
        if one.passed and not on_all:
            break
        twin = one.question.put(misconception.answer, watched=False)
        if not alike(one.question, twin, one.made):
            if not one.passed and not one.crashed and not one.question.expects_error():
                return False, False
            on_all = False
        elif twin.error is None or one.question.expects_error():
            seen_on_all = True
            seen_on_failing = seen_on_failing or not one.passed
    return on_all and seen_on_all, seen_on_failing


def alike(question: Question, twin: Attempt, made: Attempt) -> bool:
    """Whether two attempts at one case came to the same."""
    if twin.error or made.error:
        if question.expects_error():
            return type(twin.error) is type(made.error)
        # The same words, or it is another mistake that happens to crash too.
        return type(twin.error) is type(made.error) and one_line(twin.error) == one_line(made.error)
    if twin.changed != made.changed or list(twin.parts) != list(made.parts):
        return False
    return all(
        question.compare(part, value, value, made.parts[part], [], any_dtype=True) is None
        for part, value in twin.parts.items()
    )
