"""Which belief gives exactly this result? Every known wrong answer is run on the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

import numpy as np

from cnncourse.grading import messages
from cnncourse.grading.attempt import Attempt
from cnncourse.grading.contract import Misconception
from cnncourse.grading.question import Judged, Question


class Likeness(IntEnum):
    """How much of what a student's answer does a misconception explains."""

    NOTHING = 0
    FIRST_WRONG_ARRAY = 1
    EVERY_WRONG_VALUE = 2
    EVERY_VALUE = 3
    EVERYTHING = 4


def diagnose(
    misconceptions: Sequence[Misconception], judged: Sequence[Judged]
) -> tuple[Misconception | None, str]:
    """The misconception behind a wrong answer and the sentence for it, or (None, "").

    It is named where it gives the student's results on all cases. One that gives all values, or
    all wrong ones, or at least the first wrong array, but not all crashes and missing refusals,
    is named with care, and only where no other does as well: the student has a second mistake,
    or half a remedy.
    """
    likenesses = []
    for misconception in misconceptions:
        likeness = likeness_of(misconception, judged)
        if likeness is Likeness.EVERYTHING:
            return misconception, misconception.say
        likenesses.append(likeness)
    best = max(likenesses, default=Likeness.NOTHING)
    if best and likenesses.count(best) == 1:
        found = misconceptions[likenesses.index(best)]
        everywhere = best is not Likeness.FIRST_WRONG_ARRAY
        return found, messages.same_as_misconception(found.say, everywhere)
    return None, ""


def likeness_of(misconception: Misconception, judged: Sequence[Judged]) -> Likeness:
    """How far a misconception and a student's answer do the same."""
    if misconception.sign:
        return Likeness.EVERYTHING if shows(misconception.sign, judged) else Likeness.NOTHING
    likeness = Likeness.EVERYTHING
    # Two answers that both crash are alike only if some result shows it.
    shown = shown_in_a_wrong_value = False
    for one in sorted(judged, key=lambda one: one.passed):
        twin = one.question.twin(misconception)
        if alike(one.question, twin, one.made):
            returned = twin.error is None or one.question.expects_error()
            shown = shown or returned
            shown_in_a_wrong_value = shown_in_a_wrong_value or (returned and not one.passed)
        elif one.passed:
            likeness = Likeness.EVERY_WRONG_VALUE
            break
        elif one.crashed or one.question.expects_error() or refuses(twin):
            likeness = Likeness.EVERY_VALUE
        else:
            # A single number may be the same by chance; an array of random ones is not.
            by_chance = np.isscalar(one.made.parts.get("result"))
            return Likeness(shown_in_a_wrong_value and not by_chance)
    enough = shown if likeness is Likeness.EVERYTHING else shown_in_a_wrong_value
    return likeness if enough else Likeness.NOTHING


def shows(sign: Callable[[Sequence[Judged]], bool], judged: Sequence[Judged]) -> bool:
    try:
        return bool(sign(judged))
    except Exception:
        # A student's process may have sent anything.
        return False


def alike(question: Question, twin: Attempt, made: Attempt) -> bool:
    """Whether two attempts at one case came to the same."""
    if twin.error or made.error:
        if question.expects_error():
            return kind_of(twin) == kind_of(made)
        # The same words, or it is another mistake that happens to crash too.
        return kind_of(twin) == kind_of(made) and message_of(twin) == message_of(made)
    if twin.changed != made.changed or list(twin.parts) != list(made.parts):
        return False
    return all(
        question.compare(part, value, value, made.parts[part], [], any_dtype=True) is None
        for part, value in twin.parts.items()
    )


def refuses(made: Attempt) -> bool:
    return made.error is not None and made.error.isa(ValueError)


def kind_of(made: Attempt) -> str:
    return made.error.kind if made.error else ""


def message_of(made: Attempt) -> str:
    return made.error.message if made.error else ""
