"""Grade one answer to one exercise. Pure: prints nothing, raises nothing for wrong answers."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch

from cnncourse.grading import messages
from cnncourse.grading.attempt import Elsewhere
from cnncourse.grading.contract import Case, Exercise, Line, Result, Verdict
from cnncourse.grading.diagnosis import diagnose
from cnncourse.grading.growth import growth_line
from cnncourse.grading.question import Judged, Question, generators
from cnncourse.grading.run_function import Answer
from cnncourse.grading.run_training import Training


def grade(
    exercise: Exercise, answer: Any, *, seed: int = 0, device: torch.device | str | None = None
) -> Result:
    """Put every case of an exercise to an answer and say what came of it.

    seed: decides all inputs. device: where tensors lie; None takes a GPU if there is one.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return Examination(exercise, seed, device).grade(answer)


class Examination:
    """An exercise with its inputs drawn, for any number of answers.

    What is expected, and what known wrong answers give, is worked out once.
    """

    def __init__(self, exercise: Exercise, seed: int, device: torch.device | str) -> None:
        self.exercise, self.seed, self.device = exercise, seed, device

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return self.asked(self.exercise.cases)

    @cached_property
    def asides(self) -> tuple[Question, ...]:
        return self.asked(self.exercise.asides)

    def asked(self, cases: tuple[Case, ...]) -> tuple[Question, ...]:
        return tuple(
            Question(self.exercise, case, generators(self.seed, index), self.device)
            for index, case in enumerate(cases)
        )

    def grade(self, answer: Any) -> Result:
        """What putting every question to an answer comes to."""
        exercise = self.exercise
        if not callable(answer) and not isinstance(answer, Elsewhere):
            say = messages.not_a_function(exercise.name, answer)
            return Result("wrong", 0.0, None, None, answer, say, exercise.name, exercise.points)
        judged: list[Judged] = []
        for question in self.questions:
            made = question.put(answer)
            remarks: list[str] = []
            judged.append(Judged(question, made, question.judge(made, remarks), tuple(remarks)))
            if made.caught or (made.error and made.error.isa(KeyboardInterrupt)):
                break
        return Verdicts(self, answer, judged).result()


class Verdicts:
    """Turns judged cases into one result."""

    def __init__(
        self, examination: Examination, answer: Answer | Elsewhere, judged: list[Judged]
    ) -> None:
        self.examination, self.answer, self.judged = examination, answer, judged
        self.exercise = examination.exercise
        self.name = self.exercise.name

    def result(self) -> Result:
        first = self.judged[0].made
        last = self.judged[-1].made
        if last.caught:
            say = messages.not_allowed(self.name, *last.caught)
            return self.make("not allowed", say, self.judged[-1], score=0.0)
        if last.error and last.error.isa(KeyboardInterrupt):
            # Whether anyone still collects this result is a race: nothing may hang on it.
            return self.make("crashed", messages.stopped(self.name), self.judged[-1], score=0.0)
        if all(one.made.stub for one in self.judged):
            return self.make("not attempted", messages.not_attempted(self.name), score=0.0)
        empty = first.error is not None and first.error.isa(NotImplementedError)
        other = first.error.function if empty else ""
        if other and other != self.name and not first.of_class:
            say = messages.calls_an_empty_function(self.name, other)
            return self.make("crashed", say, self.judged[0])
        return self.from_cases()

    def from_cases(self) -> Result:
        numbers = generators(self.examination.seed, len(self.exercise.cases))
        growth = growth_line(self.exercise, self.answer, numbers, self.examination.device)
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
        for question in self.examination.asides:
            made = question.put(self.answer)
            difference = question.judge(made, [])
            if difference:
                crashed = made.error is not None and not question.expects_error()
                say = messages.crashed(self.name, made.error) if crashed else difference.say
                found.append(messages.remark_aside(question.case.why, say))
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
            # Not to loop is no merit of an answer that gets nothing right.
            shares.append(float(growth is not None and growth.passed and any(shares)))
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
            traceback=error.traceback if error else "",
            printed=next((one.made.printed for one in self.judged if one.made.printed), ""),
        )


def line_of(one: Judged) -> Line:
    if one.passed:
        return Line(one.question.case.why, True)
    note = one.made.error.kind if one.crashed else one.difference.say
    return Line(one.question.case.why, False, note)
