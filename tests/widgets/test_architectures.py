"""Does the demo of 07-architectures show what the lesson teaches?"""

from cnncourse.widgets.architectures import Architectures, scaled


def test_the_description_says_what_the_picture_shows() -> None:
    demo = Architectures(number=3, factor=-4)
    assert scaled(3, -4) == -12
    assert demo.describe() == "3 times -4 is -12."
