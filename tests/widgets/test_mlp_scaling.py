"""Does the demo of 01-mlp-scaling show what the lesson teaches?"""

from cnncourse.widgets.mlp_scaling import MlpScaling, scaled


def test_the_description_says_what_the_picture_shows() -> None:
    demo = MlpScaling(number=3, factor=-4)
    assert scaled(3, -4) == -12
    assert demo.describe() == "3 times -4 is -12."
