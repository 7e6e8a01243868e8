"""The {verdict} directive: a wrong answer, and what the course's check says of it.

    ```{verdict} relu
    def relu(x):
        return x.abs()
    ```

The answer is run and graded while the page is built, as a notebook would grade it. An answer that
is not recognised is an error: then the page would promise what the course does not keep.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cnncourse.course import find_exercise
from cnncourse.grading.contract import Result
from cnncourse.grading.engine import grade


def verdict_on(name: str, code: str) -> Result:
    """Grade the function that the code defines; ValueError where no misconception is recognised."""
    names: dict[str, Any] = {"np": np, "torch": torch}
    exec(compile(code, f"<{name}>", "exec"), names)
    if name not in names:
        raise ValueError(f"The code has to define {name}.")
    result = grade(find_exercise(name), names[name], device="cpu")
    if not result.misconception:
        raise ValueError(f"No misconception is recognised here. {result}")
    return result


class Verdict(SphinxDirective):
    """Code on one side, the verdict on the other."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        # The words of the check may change although the page does not.
        self.env.note_reread()
        name, code = self.arguments[0], "\n".join(self.content)
        try:
            result = verdict_on(name, code)
        except Exception as error:
            raise self.error(f"This answer cannot be shown: {error}") from error
        written = nodes.container(classes=["verdict-code"])
        for source in (code, f"check({name})"):
            written += nodes.literal_block(source, source, language="python")
        said = nodes.container(classes=["verdict-said"])
        said += nodes.raw("", result._repr_html_(), format="html")
        box = nodes.container(classes=["verdict"])
        box += [written, said]
        return [box]


def setup(app: Sphinx) -> None:
    app.add_directive("verdict", Verdict)
