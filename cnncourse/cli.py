"""The `cnncourse` command. Each verb lives in a module of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cnncourse.course import LESSONS, Lesson, find_lesson
from cnncourse.extras import require
from cnncourse.folder import CourseError, find_course_folder

# The gradebooks that SQLAlchemy reaches with this driver.
PSYCOPG2 = ("postgresql://", "postgresql+psycopg2://")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; the exit status is 0, or 1 with a sentence on what to put right."""
    options = build_parser().parse_args(arguments)
    # Through a pipe, too, a line is to be seen when it is said.
    sys.stdout.reconfigure(line_buffering=True)
    try:
        options.run(options)
    except CourseError as error:
        print(f"cnncourse: {error}", file=sys.stderr)
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    """All verbs and what they take."""
    parser = argparse.ArgumentParser(prog="cnncourse", description="Run the course.")
    parser.add_argument("--version", action=ShowVersion, help="print the version and end")
    verbs = parser.add_subparsers(required=True, metavar="verb")

    verb = verbs.add_parser("list", help="print lessons, exercises and points")
    verb.set_defaults(run=run_list)

    verb = verbs.add_parser(
        "progress",
        help="show a learner how far they are",
        description="Show how far you are: which exercises are right, begun or still to do, your "
        "points, the time that is left, and what to do next. Your notebooks are read as they were "
        "saved last; nothing in them is run, changed or sent anywhere.",
    )
    verb.add_argument(
        "where",
        nargs="*",
        type=Path,
        metavar="FOLDER",
        help="folders or notebooks to look into; if absent, the course's exercises, "
        "or outside of the course the current folder and all below it",
    )
    verb.set_defaults(run=run_progress)

    verb = verbs.add_parser("release", help="make the learners' notebooks from the solutions")
    verb.add_argument(
        "lesson", nargs="?", type=lesson, help="such as 02-convolution; all if absent"
    )
    verb.set_defaults(run=run_release)

    verb = verbs.add_parser("grade", help="grade everybody who handed in a lesson")
    verb.add_argument("lesson", type=lesson, help="such as 02-convolution")
    verb.add_argument("--jobs", type=positive, help="worker processes (as many as cores)")
    verb.add_argument("--scheduler", default="", help="a Dask scheduler, such as tcp://host:8786")
    verb.add_argument("--student", nargs="+", default=[], help="only these")
    verb.add_argument("--again", action="store_true", help="also who has been graded before")
    verb.add_argument("--seed", type=int, help="repeat a grading with the seed of its records")
    verb.add_argument(
        "--sandbox", choices=("on", "none"), default="on", help="none: trust every submission"
    )
    verb.add_argument(
        "--db", default="", help="another gradebook, such as postgresql+psycopg2://..."
    )
    verb.set_defaults(run=run_grade)

    verb = verbs.add_parser("report", help="write a graded lesson's report and grades.csv again")
    verb.add_argument("lesson", type=lesson, help="such as 02-convolution")
    verb.set_defaults(run=run_report)

    verb = verbs.add_parser("export", help="fill in a table that Canvas or Moodle exported")
    verb.add_argument("table", type=Path, help="the CSV file that you got from there")
    verb.add_argument("lesson", nargs="*", type=lesson, help="only these; all graded, if absent")
    verb.add_argument("--to", type=Path, required=True, help="the file to upload, made anew")
    verb.add_argument(
        "--column", action="append", default=[], type=pair, help="such as 02-convolution=Homework 1"
    )
    verb.add_argument("--without", nargs="+", default=[], help="students to leave out")
    verb.add_argument("--scale", action="store_true", help="convert to the points of the column")
    verb.add_argument("--db", default="", help="another gradebook")
    verb.set_defaults(run=run_export)

    verb = verbs.add_parser("doctor", help="say what this machine can confine")
    verb.set_defaults(run=run_doctor)

    verb = verbs.add_parser("sample-class", help="make a class of students and grade it")
    verb.add_argument(
        "lesson", nargs="?", type=lesson, help="such as 02-convolution; all if absent"
    )
    verb.add_argument("--into", type=Path, help="folder, made anew (_build/sample_class)")
    verb.set_defaults(run=run_sample_class)

    verb = verbs.add_parser(
        "experiment", help="run an experiment again whose results the book shows"
    )
    verb.add_argument("name", nargs="?", help="such as pixel_shuffle; without it, a list")
    verb.add_argument("--quick", action="store_true", help="a small one, in seconds")
    verb.add_argument("--into", type=Path, help="folder of the record (book/_data; quick: _build)")
    verb.set_defaults(run=run_an_experiment)

    verb = verbs.add_parser("new", help="lay out the files of a new lesson")
    verb.add_argument("lesson", help="the new lesson's id, such as 04-pooling")
    verb.set_defaults(run=run_new)

    verb = verbs.add_parser("rename", help="give a lesson another number or name, everywhere")
    verb.add_argument("lesson", type=lesson, help="such as 10-tcn")
    verb.add_argument("new", help="its new id, such as 13-tcn")
    verb.set_defaults(run=run_rename)
    return parser


class ShowVersion(argparse.Action):
    """Prints the version. It is looked up only then, because that takes a moment."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from cnncourse.version import course_version

        print(f"cnncourse {course_version()}")
        parser.exit()


def lesson(text: str) -> Lesson:
    """The lesson with this id, in the words of argparse where there is none."""
    try:
        return find_lesson(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def positive(text: str) -> int:
    """A count of at least one, in the words of argparse where it is none."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on.")
    return int(text)


def pair(text: str) -> tuple[str, str]:
    """LESSON=COLUMN, in the words of argparse where it is not."""
    name, equals, column = text.partition("=")
    if not equals or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 02-convolution=Homework 1.")
    return lesson(name).id, column


def run_list(options: argparse.Namespace) -> None:
    from cnncourse.listing import as_list

    print(as_list(LESSONS))


def run_progress(options: argparse.Namespace) -> None:
    from cnncourse.progress.command import progress_text

    print(progress_text(options.where, sys.stdout))


def run_release(options: argparse.Namespace) -> None:
    require("teach", "cnncourse release")
    from cnncourse.release import release

    course = find_course_folder()
    for chosen in (options.lesson,) if options.lesson else LESSONS:
        print(release(course, chosen).relative_to(course))


def run_grade(options: argparse.Namespace) -> None:
    require("teach", "cnncourse grade")
    if options.db.startswith(PSYCOPG2):
        require("postgresql", "cnncourse grade --db")
    from cnncourse.classroom.quick_start import skip_slow_imports

    skip_slow_imports()
    from cnncourse.classroom.workers import workers_for

    course = find_course_folder()
    # Before the imports that follow, because they take as long as the workers to get ready.
    workers = workers_for(options.jobs, options.scheduler)
    from cnncourse.classroom.command import grade_lesson
    from cnncourse.classroom.coordinator import Order

    order = Order(tuple(options.student), options.again, options.seed, options.sandbox)
    grade_lesson(course, options.lesson, order, workers, db_url=options.db)


def run_report(options: argparse.Namespace) -> None:
    require("teach", "cnncourse report")
    from cnncourse.classroom.command import report_lesson

    written = report_lesson(find_course_folder(), options.lesson)
    print(f"{written.grades}\n{written.report}")


def run_export(options: argparse.Namespace) -> None:
    from cnncourse.classroom.course_settings import load_settings
    from cnncourse.classroom.lms_export import Wish, fill_in

    lessons = [chosen.id for chosen in options.lesson]
    wish = Wish(lessons, dict(options.column), options.without, options.scale)
    settings = load_settings(find_course_folder(), db_url=options.db)
    for filled in fill_in(settings, options.table, options.to, wish):
        print(filled)
    print(options.to)


def run_doctor(options: argparse.Namespace) -> None:
    require("teach", "cnncourse doctor")
    from cnncourse.kernels.doctor import examine

    finding = examine()
    print(finding.text)
    if not finding.confines:
        raise CourseError("Students' code cannot be confined here, so grading will refuse.")


def run_an_experiment(options: argparse.Namespace) -> None:
    from cnncourse.experiments.run import EXPERIMENTS, failing_claims, results_of, run_experiment

    if options.name is None:
        print("\n".join(EXPERIMENTS))
        return
    if options.name not in EXPERIMENTS:
        known = ", ".join(EXPERIMENTS)
        raise CourseError(f"There is no experiment {options.name!r}. There are: {known}.")
    usual = Path("_build" if options.quick else "book/_data")
    folder = options.into or find_course_folder() / usual
    folder.mkdir(parents=True, exist_ok=True)
    path = run_experiment(options.name, options.quick, folder=folder)
    print(path)
    for sentence in failing_claims(options.name, results_of(options.name, folder)):
        print(f"Not borne out this time: {sentence}")


def run_sample_class(options: argparse.Namespace) -> None:
    require("teach", "cnncourse sample-class")
    from cnncourse.sample_class.show import show_class

    course = find_course_folder()
    chosen = (options.lesson,) if options.lesson else LESSONS
    show_class(course, chosen, options.into or course / "_build" / "sample_class")


def run_new(options: argparse.Namespace) -> None:
    require("teach", "cnncourse new")
    from cnncourse.new_lesson.scaffold import lay_out

    print(lay_out(find_course_folder(), options.lesson))


def run_rename(options: argparse.Namespace) -> None:
    from cnncourse.new_lesson.rename import rename

    print(rename(find_course_folder(), options.lesson, options.new))


if __name__ == "__main__":
    sys.exit(main())
