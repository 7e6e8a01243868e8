"""A quiz in a real browser: by keyboard, by ear, and without JavaScript."""

from __future__ import annotations

from playwright.sync_api import expect

from cnncourse.course import LESSONS

CHAPTER = LESSONS[0].chapter.with_suffix("").as_posix()


def test_quiz_by_keyboard(opened, base):
    with opened(base, CHAPTER) as page:
        quiz = page.locator(".quiz:has(input[type=radio])").first
        status = quiz.get_by_role("status")
        inputs = quiz.locator("input")
        right = [choice.get_attribute("data-right") for choice in inputs.all()].index("true")
        inputs.first.focus()
        page.keyboard.press("Space")
        expect(status).to_be_empty()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "quiz-check"
        page.keyboard.press("Enter")
        expect(status).to_contain_text("Right." if right == 0 else "Not right.")
        expect(status.locator("p").first).to_be_visible()
        page.keyboard.press("Shift+Tab")
        for _ in range(right):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(status).to_contain_text("Right.")


def test_every_choice_has_a_reply_and_a_name(opened, served):
    with opened(served, CHAPTER) as page:
        for quiz in page.locator(".quiz").all():
            for choice in quiz.locator("input").all():
                assert choice.get_attribute("aria-label")
                reply = quiz.locator(f"[data-for={choice.get_attribute('value')}]")
                assert reply.text_content().strip()


def test_without_javascript_the_answers_can_still_be_opened(browser, served):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{served}/{CHAPTER}.html")
        quiz = page.locator(".quiz").first
        expect(quiz.locator(".quiz-check")).to_be_hidden()
        quiz.locator("summary").click()
        expect(quiz.locator(".quiz-reply").first).to_be_visible()
