"""What some verbs need beyond what a learner does: the extras of pyproject.toml."""

from __future__ import annotations

from importlib.util import find_spec

from cnncourse.folder import CourseError

# extra: the modules that the package imports from it
EXTRAS = {
    "teach": (
        "bleach",
        "dateutil",
        "ipykernel",
        "jupyter_client",
        "jupytext",
        "nbconvert",
        "nbformat",
        "nbgrader",
        "rapidfuzz",
        "sqlalchemy",
        "yaml",
        "zmq",
    ),
    "postgresql": ("psycopg2",),
}


def require(extra: str, what: str) -> None:
    """Go on where the modules of an extra can be imported.

    CourseError, with the command that installs them, where one is missing.

    >>> require("teach", "cnncourse grade")
    """
    missing = [name for name in EXTRAS[extra] if find_spec(name) is None]
    if missing:
        raise CourseError(
            f"`{what}` needs what is not installed here ({', '.join(missing)}). "
            f"Install it with: pip install 'cnncourse[{extra}]'"
        )
