"""The {quiz} directive: a question, its choices, and a reply to each of them.

    ```{quiz}
    :name: quiz-stride

    A row of 7 pixels, a kernel of width 3, stride 2, no padding. How wide is the output?

    - [x] 3
      The windows start at pixels 0, 2 and 4.
    - [ ] 4
      The window at pixel 6 would need pixels 7 and 8, which are not there.
    ```

The name is the anchor of the question, unique in the book. First stands the question, in any
Markdown; last, a task list. A choice is one line; what follows it, indented by two spaces, is the
reply to whoever picks it. A choice without a reply, fewer than two choices, or none that is right,
is an error. One right choice makes radio buttons; more than one, or the flag `:multiple:`, makes
check boxes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from textwrap import dedent
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from .spoken import spoken

CHOICE = re.compile(r"^- \[(?P<mark>[ xX])\] +(?P<text>\S.*)$")


@dataclass(frozen=True)
class Choice:
    """One answer to pick: its text, the reply to it, whether it is right, and its line."""

    text: str
    reply: str
    right: bool
    line: int


def parse(lines: list[str]) -> tuple[str, list[Choice]]:
    """The question and its choices; ValueError says what is missing.

    >>> question, choices = parse(["One?", "", "- [x] yes", "  Indeed.", "- [ ] no", "  But yes."])
    >>> question, choices[1].text, choices[1].reply, choices[1].right
    ('One?', 'no', 'But yes.', False)
    """
    starts = [number for number, line in enumerate(lines) if CHOICE.match(line)]
    if len(starts) < 2:
        raise ValueError("A quiz needs a task list with two choices or more.")
    choices = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        found = CHOICE.match(lines[start])
        reply = lines[start + 1 : end]
        for line in reply:
            if line.strip() and not line.startswith("  "):
                raise ValueError(f"Indent a reply by two spaces, and put nothing after it: {line}")
        if not any(line.strip() for line in reply):
            raise ValueError(f"The choice {found['text']!r} has no reply.")
        text = dedent("\n".join(reply)).strip("\n")
        choices.append(Choice(found["text"], text, found["mark"] != " ", start))
    question = "\n".join(lines[: starts[0]]).strip("\n")
    if not question:
        raise ValueError("A quiz needs a question before its choices.")
    if not any(choice.right for choice in choices):
        raise ValueError("A quiz needs at least one right choice, marked [x].")
    return question, choices


class quiz(nodes.General, nodes.Element):
    """The whole question, with its choices and replies."""


class quiz_choice(nodes.General, nodes.Element):
    """One radio button or check box with its label."""


class quiz_reply(nodes.General, nodes.Element):
    """The reply to one choice."""


class Quiz(SphinxDirective):
    """Parses the directive into one `quiz` node."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "name": directives.unchanged_required,
        "multiple": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        name = self.options.get("name", "")
        if not re.fullmatch(r"[a-z0-9-]+", name):
            raise self.error("A quiz needs a :name: of small letters, digits and hyphens.")
        try:
            question, choices = parse(list(self.content))
        except ValueError as error:
            raise self.error(str(error)) from error
        several = "multiple" in self.options or sum(choice.right for choice in choices) > 1
        node = quiz(names=[name])
        self.state.document.note_explicit_target(node, node)
        anchor = node["ids"][0]
        asked = nodes.container(ids=[f"{anchor}-question"], classes=["quiz-question"])
        self._parse(question, 0, asked)
        picks = nodes.container(classes=["quiz-choices"])
        answers = nodes.bullet_list(classes=["quiz-replies"])
        for number, choice in enumerate(choices):
            identity = f"{anchor}-{number}"
            label = quiz_choice(
                input="checkbox" if several else "radio",
                group=anchor,
                identity=identity,
                right=choice.right,
                spoken=spoken(choice.text),
            )
            self._parse(choice.text, choice.line, label)
            reply = quiz_reply(identity=identity)
            self._parse(choice.reply, choice.line + 1, reply)
            shown = nodes.container(classes=["quiz-shown"])
            self._parse(choice.text, choice.line, shown)
            mark = "Right" if choice.right else "Not right"
            verdict = nodes.strong("", f"{mark}: ", classes=["quiz-mark"])
            shown.insert(0, nodes.paragraph("", "", verdict))
            picks += label
            answers += nodes.list_item("", shown, reply)
        node += [asked, picks, answers]
        return [node]

    def _parse(self, text: str, line: int, into: nodes.Element) -> None:
        source = StringList(text.split("\n"), self.state.document["source"])
        self.state.nested_parse(source, self.content_offset + line, into)


def visit_quiz(translator: HTML5Translator, node: quiz) -> None:
    anchor = node["ids"][0]
    translator.body.append(
        f'<div class="quiz" id="{anchor}">'
        f'<fieldset aria-labelledby="{anchor}-question">'
        '<div class="quiz-title">Check yourself</div>'
    )
    asked, picks, answers = node.children
    asked.walkabout(translator)
    picks.walkabout(translator)
    translator.body.append(
        '<button type="button" class="quiz-check" hidden>Check</button></fieldset>'
        '<div class="quiz-said" role="status"></div>'
        "<details><summary>All answers</summary>"
    )
    answers.walkabout(translator)
    translator.body.append("</details></div>\n")
    raise nodes.SkipNode


def visit_choice(translator: HTML5Translator, node: quiz_choice) -> None:
    right = "true" if node["right"] else "false"
    # A label that holds nothing but a formula has no name in the accessibility tree.
    translator.body.append(
        f'<label><input type="{node["input"]}" name="{node["group"]}" value="{node["identity"]}"'
        f' data-right="{right}" aria-label="{escape(node["spoken"])}"/>'
        '<span class="quiz-text">'
    )


def depart_choice(translator: HTML5Translator, node: quiz_choice) -> None:
    translator.body.append("</span></label>\n")


def visit_reply(translator: HTML5Translator, node: quiz_reply) -> None:
    translator.body.append(f'<div class="quiz-reply" data-for="{node["identity"]}">')


def depart_reply(translator: HTML5Translator, node: quiz_reply) -> None:
    translator.body.append("</div>\n")


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Only pages with a question load the script."""
    if doctree is not None and next(doctree.findall(quiz), None) is not None:
        app.add_js_file("course/quiz.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_node(quiz, html=(visit_quiz, None))
    app.add_node(quiz_choice, html=(visit_choice, depart_choice))
    app.add_node(quiz_reply, html=(visit_reply, depart_reply))
    app.add_directive("quiz", Quiz)
    app.connect("html-page-context", add_script)
