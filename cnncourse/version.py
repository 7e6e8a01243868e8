"""Which version of the course this is; pyproject.toml says it, and nothing else does."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def course_version() -> str:
    """The version that is installed; "unknown" where the package is used without being installed.

    >>> course_version().split(".")[0].isdecimal()
    True
    """
    try:
        return version("cnncourse")
    except PackageNotFoundError:
        return "unknown"
