"""Grade one answer to one exercise. Pure: prints nothing, raises nothing for wrong answers."""

from __future__ import annotations

import types
from typing import Any

import torch

from cnncourse.grading import messages
from cnncourse.grading.attempt import Attempt
from cnncourse.grading.contract import Exercise, Line, Result, Verdict
from cnncourse.grading.diagnosis import diagnose
from cnncourse.grading.growth import growth_line
from cnncourse.grading.question import Judged, generators, questions
from cnncourse.grading.run_function import Answer
from cnncourse.grading.run_training import Training
from cnncourse.grading.tracebacks import innermost_student_function, shortened


def grade(
    exercise: Exercise, answer: Any, *, seed: int = 0, device: torch.device | str | None = None
) -> Result:
    """Put every case of an exercise to an answer and say what came of it.

    seed: decides all inputs. device: where tensors lie; None takes a GPU if there is one.
    """
    if not callable(answer):
        say = messages.not_a_function(exercise.name, answer)
        return Result("wrong", 0.0, None, None, answer, say, exercise.name, exercise.points)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    judged: list[Judged] = []
    for question in questions(exercise, exercise.cases, seed, device):
        made = question.put(answer)
        remarks: list[str] = []
        judged.append(Judged(question, made, question.judge(made, remarks), tuple(remarks)))
        if made.caught or isinstance(made.error, KeyboardInterrupt):
            break
    return Verdicts(exercise, answer, judged, seed, device).result()


class Verdicts:
    """Turns judged cases into one result."""

    def __init__(
        self,
        exercise: Exercise,
        answer: Answer,
        judged: list[Judged],
        seed: int,
        device: torch.device | str,
    ) -> None:
        self.exercise, self.answer, self.judged = exercise, answer, judged
        self.seed, self.device = seed, device
        self.name = exercise.name

    def result(self) -> Result:
        first = self.judged[0].made
        last = self.judged[-1].made
        if last.caught:
            say = messages.not_allowed(self.name, *last.caught)
            return self.make("not allowed", say, self.judged[-1], score=0.0)
        if isinstance(last.error, KeyboardInterrupt):
            # Whether anyone still collects this result is a race: nothing may hang on it.
            return self.make("crashed", messages.stopped(self.name), self.judged[-1], score=0.0)
        if all(is_stub(self.answer, one.made) for one in self.judged):
            return self.make("not attempted", messages.not_attempted(self.name), score=0.0)
        other = innermost_student_function(first.error) if is_empty(first.error) else ""
        if other and other != self.name and not isinstance(self.answer, type):
            say = messages.calls_an_empty_function(self.name, other)
            return self.make("crashed", say, self.judged[0])
        return self.from_cases()

    def from_cases(self) -> Result:
        numbers = generators(self.seed, len(self.exercise.cases))
        growth = growth_line(self.exercise, self.answer, numbers, self.device)
        failed = [one for one in self.judged if not one.passed]
        if failed:
            return self.failure(failed[0], growth)
        if growth and not growth.passed:
            return self.make("wrong", growth.note, None, growth)
        if not self.repeats():
            share = 1 - 1 / len(self.exercise.cases)
            say = messages.changes_every_time(self.name)
            return self.make("wrong", say, self.judged[0], growth, score=share)
        lines = len(self.judged) + (growth is not None)
        say = messages.right(self.name, lines)
        return self.make("right", say, None, growth, remarks=self.asides())

    def failure(self, failed: Judged, growth: Line | None) -> Result:
        misconception, say = diagnose(self.exercise.misconceptions, self.judged)
        verdict: Verdict = "crashed" if failed.crashed else "wrong"
        if not say and failed.crashed:
            say = messages.crashed(self.name, failed.made.error)
        elif not say:
            say = failed.difference.say
        named = misconception.name if misconception else ""
        return self.make(verdict, say, failed, growth, misconception=named)

    def repeats(self) -> bool:
        """Whether the first case comes out right again after all the others."""
        if isinstance(self.exercise.run, Training):
            return True
        question = self.judged[0].question
        again = question.put(self.answer)
        return Judged(question, again, question.judge(again, [])).passed

    def asides(self) -> tuple[str, ...]:
        """What a right answer leaves to be wished for."""
        found = []
        for question in questions(self.exercise, self.exercise.asides, self.seed, self.device):
            difference = question.judge(question.put(self.answer), [])
            if difference:
                found.append(messages.remark_aside(question.case.why, difference.say))
        return tuple(found)

    def make(
        self,
        verdict: Verdict,
        say: str,
        failed: Judged | None = None,
        growth: Line | None = None,
        score: float | None = None,
        misconception: str = "",
        remarks: tuple[str, ...] = (),
    ) -> Result:
        lines = [line_of(one) for one in self.judged]
        shares = [one.share for one in self.judged]
        # A run that was cut short owes the cases that it never reached.
        total = len(self.exercise.cases)
        if growth:
            lines.append(growth)
        if self.exercise.vectorised:
            shares.append(float(growth is not None and growth.passed))
            total += 1
        difference = failed.difference if failed and not failed.crashed else None
        error = failed.made.error if failed and failed.crashed else None
        return Result(
            verdict=verdict,
            score=sum(shares) / total if score is None else score,
            case=failed.question.case if failed else None,
            expected=difference.expected if difference else None,
            got=difference.got if difference else None,
            say=say,
            exercise=self.name,
            points=self.exercise.points,
            misconception=misconception,
            where=difference.say if difference and difference.say != say else "",
            call=failed.made.call if failed else "",
            lines=tuple(lines),
            remarks=(*dict.fromkeys(r for one in self.judged for r in one.remarks), *remarks),
            traceback=shortened(error) if error else "",
            printed=next((one.made.printed for one in self.judged if one.made.printed), ""),
        )


def line_of(one: Judged) -> Line:
    if one.passed:
        return Line(one.question.case.why, True)
    error = one.made.error
    note = type(error).__name__ if one.crashed else one.difference.say
    return Line(one.question.case.why, False, note)


def is_empty(error: BaseException | None) -> bool:
    return isinstance(error, NotImplementedError)


def is_stub(answer: Answer, made: Attempt) -> bool:
    """Whether an answer is as it was released, or has a body that does nothing."""
    if is_empty(made.error):
        inner = innermost_student_function(made.error)
        return isinstance(answer, type) or inner in ("", getattr(answer, "__name__", ""))
    code = getattr(answer, "__code__", None)
    if not isinstance(code, types.CodeType) or made.error:
        return False
    does_nothing = not code.co_names and code.co_nlocals == code.co_argcount
    return does_nothing and made.parts.get("result") is None and not code.co_freevars
