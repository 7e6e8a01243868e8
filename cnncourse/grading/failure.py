"""An error that an answer ended with, as words and names: nothing in it can act."""

from __future__ import annotations

from dataclasses import dataclass

from cnncourse.grading.tracebacks import innermost_student_function, one_line, shortened

NO_MESSAGE = "(no message)"
# Classes of the same name elsewhere are other classes.
KNOWN = ("builtins", "cnncourse.grading.forbidden")


@dataclass(frozen=True)
class Failure:
    """What is kept of an exception.

    kind: the name of its class.
    kinds: the names of the built-in classes, and the grader's own, that it is an instance of.
    message: the first line of its text, "" where it has none.
    traceback: the lines of the student's code that led to it.
    function: the student's function in which it came up, or "".
    """

    kind: str
    kinds: tuple[str, ...] = ()
    message: str = ""
    traceback: str = ""
    function: str = ""

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """
        >>> failure = Failure.of(UnicodeError("not a letter"))
        >>> failure.kind, failure.isa(ValueError), failure.words
        ('UnicodeError', True, 'not a letter')
        """
        bases = type(error).__mro__
        kinds = tuple(base.__name__ for base in bases if base.__module__ in KNOWN)
        return cls(
            type(error).__name__,
            kinds,
            one_line(error),
            shortened(error),
            innermost_student_function(error),
        )

    def isa(self, kind: type[BaseException]) -> bool:
        """Whether it was an instance of a built-in exception or one of the grader's."""
        return kind.__name__ in self.kinds

    @property
    def words(self) -> str:
        """The message, or that there is none."""
        return self.message or NO_MESSAGE
