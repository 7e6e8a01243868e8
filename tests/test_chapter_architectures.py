"""Is everything that the chapter on architectures says true?

Every number that stands in its prose is found by one of CLAIMS, which computes it or quotes a
source. What the chapter prints is computed anyway; the last tests execute it and check what its
prose says about that.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from chapter_outputs import printed_by
from chapter_text import Chapter
from torch import nn

from cnncourse import models
from cnncourse.course import find_lesson
from cnncourse.data.digits import digits
from cnncourse.experiments.run import results_of
from cnncourse.inspection.summary import summary
from cnncourse.reference.architectures import LeNet5, alexnet_features, stacked_vs_single
from cnncourse.reference.convolution import output_size
from cnncourse.widgets.architectures import rows_of, totals

ROOT = Path(__file__).parents[1]
LESSON = find_lesson("07-architectures")
CHAPTER = Chapter(ROOT / LESSON.chapter)


def millions(title: str) -> str:
    return f"{totals(title)[0] / 1e6:.1f}"


def spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def without_padding() -> int:
    c5 = 16 * output_size(output_size(28, 5) // 2, 5) ** 2 // 4
    return (25 + 1) * 6 + (6 * 25 + 1) * 16 + (c5 + 1) * 120 + 121 * 84 + 85 * 10


vgg16, vgg19 = totals("VGG-16"), totals("VGG-19")
features = {row[0]: row[3] for row, _ in rows_of("VGG-16") if row[0].startswith("features")}
ten_classes = vgg16[0] - 990 * 4097
last_field = {row[0]: row[6] for row, _ in rows_of("VGG-16")}["features.28"]
seen = {row[0]: row[6] for row, _ in rows_of("LeNet-5 as today")}

images = len(digits().targets) + len(digits().held_out_targets)

CLAIMS = [
    # Facts, from the sources at the end.
    "in 1998, 2012 and 2014",
    "Around 1990",
    "had worked on this since 1989. The paper of 1998 sums it up",
    "In 2009 a data set appeared",
    "1.2 million photographs of 1000 kinds of things",
    "In the contest of 2012 their network was wrong on 15.3 % of the photographs, with five guesses"
    " each. The next best entry was wrong on 26.2 %",
    "reached the same training error six times faster than with tanh",
    "One card of that time had 3 GB of memory",
    "up to 512",
    # LeNet-5.
    "C1 pads by 2, so 28 pixels stay 28. (The paper's images had 32 pixels, with the digit in the"
    f" middle, and no padding. That comes to the same.) C3 does not pad: 14 becomes"
    f" {output_size(14, 5)}.",
    f"A value behind S4 sees {seen['s4']} × {seen['s4']} pixels",
    f"You will find {spaced(totals('LeNet-5 of 1998')[0])} in the paper,"
    f" {spaced(totals('LeNet-5 as today')[0])} in many courses, and {spaced(without_padding())} in"
    " some tutorials",
    "**60 000** is the network of the paper",
    "**61 706** is what everybody builds today",
    "**44 426** is that network on 28 × 28 pixels when somebody forgets the padding of C1. Then 16"
    " maps of 4 × 4 arrive at C5, instead of 5 × 5.",
    f"scikit-learn brings {images} handwritten digits of 8 × 8 pixels. We enlarge them to 24 × 24",
    "the six maps of C1, and eight of the sixteen of C3",
    "today's LeNet-5 for images of 28 × 28 but leaves out the padding of C1",
    "[x] 16 maps of 4 × 4 arrive at C5, so it must take 256 values instead of 400."
    " 28 → 24 → 12 → 8 → 4. A dense layer made for 400 values",
    "[ ] 16 maps of 5 × 5 arrive as before, but the accuracy drops. Without padding, each 5 × 5"
    " kernel takes 4 pixels away: 28 becomes 24.",
    "[ ] 16 maps of 3 × 3 arrive at C5. Go through it once more: 28 → 24, pool to 12, then 8, pool"
    " to 4.",
    # AlexNet.
    f"three numbers go around: 61.0, 62.4 and {millions('AlexNet')} million",
    "“AlexNet takes images of 224 × 224.”",
    "a kernel of 11, a stride of 4, no padding, and 55 × 55 outputs. That needs 227 pixels. With"
    f" 224, the windows fit {output_size(224, 11, 4)} times and a bit. Today's form gets its"
    f" {output_size(224, 11, 4, 2)} with 224 pixels *and* a padding of 2.",
    # VGG.
    "Its kernels are 11, 5 and 3 wide",
    "Every convolution is 3 × 3 and keeps the size. Every pooling is 2 × 2 and halves it",
    "They tried 11, 13, 16 and 19 layers",
    "Why 3 × 3 is enough Two layers of 3 × 3 see 5 × 5 pixels. Three see 7 × 7.",
    "“Three 3 × 3 layers can do whatever one 7 × 7 layer can.”",
    "most 7 × 7 kernels cannot be made from them",
    "Two layers of 5 × 5, one behind the other",
    "[ ] 10 × 10 The windows overlap. The second layer adds 4 pixels, not 5.",
    "[x] 9 × 9 The first sees 5 pixels. The second adds 2 on either side.",
    "[ ] 7 × 7 That is what two layers of 4 × 4, or three of 3 × 3, see.",
    "[ ] 25 × 25 Fields add up",
    f"The 16 counts layers *with weights*: {sum(map(bool, features.values()))} convolutions and 3"
    " dense layers",
    f"For VGG-16 you find {millions('VGG-16')}, {sum(features.values()) / 1e6:.1f} and"
    f" {ten_classes / 1e6:.1f} million",
    f"for its work you find {vgg16[1] / 1e9:.1f} and {2 * vgg16[1] / 1e9:.0f} billion",
    "with images of 448 × 448 instead of 224 × 224",
    # The explorer.
    "AlexNet's convolutions end with 195 pixels. In VGG-16, the last convolution sees"
    f" {last_field}.",
    "on 256, 512 and 512 channels. Together they have"
    f" {(vgg19[0] - vgg16[0]) / 1e6:.1f} million parameters, hardly four percent of the network",
    "From 11 to 16 layers VGG gets better by some points. From 16 to 19 it hardly does.",
]
# Not numbers that could be wrong: names, the steps of a list, top-1 and top-5.
NAMES = re.compile(
    r"VGG-\d+|LeNet-5|ResNet-\d+|\b[CFS]\d\b|(?<= )\d\. |[Tt]op-[15]|½|pooling; the 16 counts"
)


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_prose_says_what_is_computed(claim: str):
    assert claim in CHAPTER.prose


def test_no_number_in_the_prose_is_left_unchecked():
    prose, sources = CHAPTER.prose.split("## Sources")
    for claim in sorted(CLAIMS, key=len, reverse=True):
        prose = prose.replace(claim, "")
    assert [int(n) for n in re.findall(r"Exercise (\d) of the", prose)] == [1, 2, 3, 4]
    prose = NAMES.sub("", re.sub(r"Exercise \d of the", "", prose))
    assert re.findall(r".{0,20}\d.{0,20}", prose) == []
    assert len(re.findall(r"\b(?:19|20)\d\d\b", sources)) == len(re.findall(r"- [A-Z]", sources))


def test_sentences_about_the_small_sums_hold():
    assert r"27\,C^2" in CHAPTER.text
    assert r"49\,C^2" in CHAPTER.text
    assert stacked_vs_single(1, 3) == (27, 49)
    assert "Four graded exercises" in CHAPTER.prose
    assert len(LESSON.exercises) == 4


def test_sentences_about_lenet_hold():
    sizes = {row[0]: row[3] for row, _ in rows_of("LeNet-5 as today")}
    # "C5 has more of them than all other layers together."
    assert 2 * sizes["c5"] > sum(sizes.values())
    assert sum(p.numel() for p in LeNet5().parameters()) == 61_706


def test_sentences_about_vgg_hold():
    dense = {row[0]: row[3] for row, _ in rows_of("VGG-16") if "dense" in row[1]}
    alexnets = {row[0]: row[3] for row, _ in rows_of("AlexNet") if "dense" in row[1]}
    # "AlexNet's are nearly half as large", "nine tenths of VGG-16 are gone".
    assert 0.44 < sum(alexnets.values()) / sum(dense.values()) < 0.5
    left = sum(features.values()) + 513_000
    assert 0.88 < 1 - left / vgg16[0] < 0.91
    # "hardly four percent", "over a quarter to the work".
    assert 0.035 < (vgg19[0] - vgg16[0]) / vgg19[0] < 0.04
    assert 0.25 < vgg19[1] / vgg16[1] - 1 < 0.3
    # Three more convolutions, on 256, 512 and 512 channels.
    more = [row[2][0] for row, _ in rows_of("VGG-19") if "convolution" in row[1]]
    for row, _ in rows_of("VGG-16"):
        if "convolution" in row[1]:
            more.remove(row[2][0])
    assert more == [256, 512, 512]


def test_answers_about_alexnet_and_resnet_hold():
    rows = [row for row, _ in rows_of("AlexNet")]
    assert max(rows, key=lambda row: row[3])[1].startswith("dense")
    assert max(rows, key=lambda row: row[4])[0] == "features.3"
    assert max(row[6] or 0 for row in rows) == 195
    kinds = [row[1] for row, _ in rows_of("ResNet-50")]
    assert kinds[-2:] == ["average pooling to a fixed size", "dense layer"]
    assert sum("dense" in kind for kind in kinds) == 1
    assert last_field == 196


def test_sentences_about_what_it_was_worth_hold():
    file = ROOT / "cnncourse" / "measured" / "imagenet_accuracy.json"
    top1 = {name: one["top1"] for name, one in json.loads(file.read_text())["models"].items()}
    assert top1["alexnet"] < top1["vgg11"] < top1["vgg13"] < top1["vgg16"] < top1["vgg19"]
    assert 2 < top1["vgg16"] - top1["vgg11"] < 4
    assert top1["vgg19"] - top1["vgg16"] < 1
    assert top1["resnet50"] > top1["vgg19"]
    costs = results_of("architecture_costs")["networks"]
    for key in ("parameters", "macs"):
        assert costs["resnet50"][key] < 0.3 * costs["vgg16"][key]


def test_joined_strands_and_groups_count_as_the_prose_says():
    def strands(groups: int) -> int:
        sizes = ((3, 96, 11, 1), (96, 256, 5, groups), (256, 384, 3, 1))
        sizes += ((384, 384, 3, groups), (384, 256, 3, groups))
        layers = [nn.Conv2d(*s[:3], groups=s[3], device="meta") for s in sizes]
        layers += [nn.Linear(a, b, device="meta") for a, b in ((9216, 4096), (4096, 4096))]
        layers += [nn.Linear(4096, 1000, device="meta")]
        return sum(p.numel() for layer in layers for p in layer.parameters())

    assert (strands(2), strands(1)) == (60_965_224, 62_378_344)
    assert "61.0, 62.4" in CHAPTER.prose


def test_models_and_reference_are_one():
    with torch.device("meta"):
        ours = summary(alexnet_features(), (3, 224, 224))
        whole = summary(models.alexnet().features, (3, 224, 224))
    assert ours == whole
    assert ours.parameters == 2_469_696


@pytest.fixture(scope="module")
def printed(site: Path) -> str:
    """What the chapter printed when the site was built."""
    return printed_by(CHAPTER, plain=False)


def test_chapter_prints_the_counts_of_its_prose(printed: str):
    for number in ("60000", "61706", "44426", "60,965,224", "62,378,344", "61,100,840"):
        assert number in printed
    for number in ("138,357,544", "138,365,992", "14,714,688", "134,301,514", "15,470,264,320"):
        assert number in printed
    assert re.search(r"in the three dense layers: 96%", printed)
    assert "dense layers: 89% of the parameters, 0.8% of the MACs" in printed


def test_lenet_learns_to_read(printed: str):
    before, after = (float(one) for one in re.findall(r"new digits, \w+: +([\d.]+)%", printed))
    assert before < 30
    assert after > 94


def test_tanh_goes_flat_and_dropout_drops_half(printed: str):
    slopes = [float(one) for one in re.findall(r"tanh ([\d.]+), ReLU 1", printed)]
    assert slopes == sorted(slopes, reverse=True)
    assert slopes[-1] < 0.01
    runs = re.findall(r"(?:train mode|again): +\[([\d, ]+)\]", printed)
    assert len(set(runs)) == 2
    assert all(set(run.split(", ")) == {"0", "2"} for run in runs)
    assert "eval mode:  [1, 1, 1, 1, 1, 1, 1, 1]" in printed
    mean = float(re.search(r"in train mode: ([\d.]+)", printed)[1])
    assert mean == pytest.approx(1, abs=0.02)


def test_further_stacks_save_more(printed: str):
    shares = [int(one) for one in re.findall(r"(\d+)%$", printed, re.MULTILINE)]
    saved = [one for one in shares if one in (0, 28, 45, 56, 63, 68)]
    assert saved == sorted(saved)
    assert len(saved) == 6


def test_what_is_printed_fits_the_column(printed: str):
    lines = [line for line in printed.splitlines() if not line.startswith("sees:")]
    assert [line for line in lines if len(line) > 70] == []
