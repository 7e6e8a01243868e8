"""Are the accuracies those that were published, and the counts those of a layer done by hand?"""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision_oracle import torchvision_models

from cnncourse.experiments.architecture_costs import (
    NAMES,
    counted,
    images,
    passes,
    peak_memory,
    published_accuracy,
)
from cnncourse.experiments.turns import in_turns
from cnncourse.models.weights import FILES

CPU = torch.device("cpu")


def test_every_network_has_a_published_accuracy():
    assert set(NAMES) <= set(published_accuracy()) == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_accuracy_as_torchvision_documents_it(name: str):
    weights = torchvision_models().get_model_weights(name).IMAGENET1K_V1
    metrics = weights.meta["_metrics"]["ImageNet-1K"]
    assert published_accuracy()[name] == {
        "top1": metrics["acc@1"],
        "top5": metrics["acc@5"],
        "pixels": weights.transforms.keywords["crop_size"],
    }


def test_counts_of_one_convolution_and_one_linear_layer():
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 6 * 6, 5))
    parameters = 2 * 27 + 2 + 5 * 72 + 5
    assert counted(model, 8) == {
        "pixels": 8,
        "parameters": parameters,
        "macs": 36 * 2 * 27 + 72 * 5,
        "activations": 2 * 36 + 5,
        "weight_megabytes": round(4 * parameters / 1e6, 1),
    }


def test_each_network_gets_images_of_its_size():
    seen = []
    networks = {str(pixels): (lambda x: seen.append(x.shape), pixels) for pixels in (4, 6)}
    for run in passes(networks, 2, CPU).values():
        run()
    assert seen == [(2, 3, 4, 4), (2, 3, 6, 6)]


def test_memory_is_not_guessed_on_a_processor():
    assert peak_memory(nn.Identity(), images(1, 4, CPU)) is None


def test_all_take_turns_with_one_thread_after_a_first_round():
    order, threads = [], torch.get_num_threads()

    def note(name: str) -> None:
        order.append((name, torch.get_num_threads()))

    times = in_turns({"a": lambda: note("a"), "b": lambda: note("b")}, 2, CPU)
    assert order == [("a", 1), ("b", 1)] * 3
    assert [len(values) for values in times.values()] == [2, 2]
    assert torch.get_num_threads() == threads
