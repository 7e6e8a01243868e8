"""A copy of the gradebook before anything is written to it."""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

KEEP = 10
SQLITE = "sqlite:///"


def back_up(db_url: str, folder: Path) -> Path | None:
    """Copy a gradebook to an SQLite file in a folder, and keep the newest ten such copies.

    The copy's path; None where there is no gradebook yet.
    """
    source = Path(db_url.removeprefix(SQLITE)) if db_url.startswith(SQLITE) else None
    if source is not None and not source.is_file():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%f")
    target = folder / f"gradebook-{stamp}.db"
    partial = target.with_suffix(".partial")
    if source is not None:
        copy_sqlite(source, partial)
    else:
        copy_tables(db_url, partial)
    partial.replace(target)
    for old in sorted(folder.glob("gradebook-*.db"))[:-KEEP]:
        old.unlink()
    return target


def copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy, whoever else is writing."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def copy_tables(db_url: str, target: Path) -> None:
    """All tables of another kind of database, row by row, in the order of their dependence."""
    from nbgrader.api import Base
    from sqlalchemy import create_engine, inspect

    source = create_engine(db_url, future=True)
    copy = create_engine(f"{SQLITE}{target}", future=True)
    try:
        there = set(inspect(source).get_table_names())
        Base.metadata.create_all(copy)
        with source.connect() as one, copy.begin() as other, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for table in Base.metadata.sorted_tables:
                if table.name in there:
                    rows = [dict(row._mapping) for row in one.execute(table.select())]
                    if rows:
                        other.execute(table.insert(), rows)
    finally:
        source.dispose()
        copy.dispose()
