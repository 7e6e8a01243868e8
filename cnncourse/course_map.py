"""Which lesson builds on which, and some ways through the course."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cnncourse.course import LESSONS, Lesson

# What each chapter says that its readers need; a lesson that is not here needs no other.
NEEDS: dict[str, tuple[str, ...]] = {
    "03-weight-sharing": ("02-convolution",),
    "04-pooling": ("02-convolution",),
    "05-depth": ("02-convolution",),
    "06-representations": ("02-convolution", "05-depth"),
    "07-architectures": ("02-convolution", "04-pooling", "05-depth"),
    "08-resnet": ("05-depth",),
    "09-efficientnet": ("05-depth", "08-resnet"),
    "10-tcn": ("02-convolution", "05-depth"),
    "11-vit": ("02-convolution", "05-depth"),
    "12-checklist": ("01-mlp-scaling", "03-weight-sharing", "04-pooling", "08-resnet", "11-vit"),
}


@dataclass(frozen=True)
class Way:
    """A way through a part of the course.

    goals: the ids of the lessons that somebody is after; what these need comes along.
    """

    name: str
    whom: str
    goals: tuple[str, ...]

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """The lessons of the way, in the order of the course."""
        wanted = set(self.goals).union(*map(all_needs, self.goals))
        return tuple(lesson for lesson in LESSONS if lesson.id in wanted)


WAYS = (
    Way(
        "The core",
        "You want to know what a convolutional network is, and build a small one that works.",
        ("01-mlp-scaling", "03-weight-sharing", "04-pooling", "05-depth"),
    ),
    Way(
        "Only architectures",
        "You want to build the known networks: LeNet-5, VGG, ResNet, EfficientNet, ViT.",
        ("07-architectures", "08-resnet", "09-efficientnet", "11-vit"),
    ),
    Way(
        "The whole course",
        "You want all of it, from the plain network to one of your own that you can defend.",
        tuple(lesson.id for lesson in LESSONS),
    ),
)


def all_needs(lesson_id: str) -> set[str]:
    """What a lesson needs, and what that needs, and so on.

    >>> sorted(all_needs("09-efficientnet"))
    ['02-convolution', '05-depth', '08-resnet']
    """
    direct = NEEDS.get(lesson_id, ())
    return set(direct).union(*map(all_needs, direct))


def next_needs(lesson_id: str) -> tuple[str, ...]:
    """What a lesson needs, without what comes along with the rest: the arrows of the map.

    >>> NEEDS["09-efficientnet"], next_needs("09-efficientnet")
    (('05-depth', '08-resnet'), ('08-resnet',))
    """
    direct = NEEDS.get(lesson_id, ())
    along = set[str]().union(*map(all_needs, direct))
    return tuple(one for one in direct if one not in along)


def rows(lessons: Collection[Lesson], most: int) -> list[list[Lesson]]:
    """The lessons in rows of at most so many, each below all that it needs.

    >>> [[lesson.number for lesson in row] for row in rows(LESSONS, most=3)]
    [[1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11], [12]]
    """
    found: list[list[Lesson]] = []
    row_of: dict[str, int] = {}
    for lesson in lessons:
        row = max((row_of[one] + 1 for one in NEEDS.get(lesson.id, ())), default=0)
        while row < len(found) and len(found[row]) == most:
            row += 1
        found.extend([] for _ in range(row + 1 - len(found)))
        found[row].append(lesson)
        row_of[lesson.id] = row
    return found
