"""Published weights: fetched once, checked, and a plain word when that does not work."""

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from cnncourse.models import weights
from cnncourse.models.weights import WeightsError, load_weights


class Counting(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and counts what is asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *arguments) -> None: ...


@pytest.fixture
def served(tmp_path: Path, monkeypatch) -> Iterator[tuple[str, Path, list[str]]]:
    """A server for weights, the folder that it serves, and what it was asked for."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "cache"))
    folder = tmp_path / "served"
    folder.mkdir()
    state = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.ones(2)}
    torch.save(state, folder / "new.pth")
    begin = hashlib.sha256((folder / "new.pth").read_bytes()).hexdigest()[:8]
    name = f"tiny-{begin}.pth"
    (folder / "new.pth").rename(folder / name)
    monkeypatch.setitem(weights.FILES, "tiny", name)
    asked: list[str] = []
    handler = type("Handler", (Counting,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=folder)
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder / name, asked
    server.shutdown()
    thread.join()
    server.server_close()


def cached(file: Path) -> Path:
    return Path(torch.hub.get_dir(), "checkpoints", file.name)


def test_weights_are_fetched_once(served) -> None:
    source, _, asked = served
    for _ in range(2):
        model = load_weights(nn.Linear(3, 2), "tiny", "imagenet", source)
        assert model.weight[1].tolist() == [3.0, 4.0, 5.0]
    assert len(asked) == 1


def test_half_a_file_in_the_cache_is_fetched_again(served) -> None:
    source, file, asked = served
    cached(file).parent.mkdir(parents=True)
    cached(file).write_bytes(file.read_bytes()[:100])
    load_weights(nn.Linear(3, 2), "tiny", "imagenet", source)
    assert len(asked) == 1
    assert cached(file).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("trouble", ["another file", "no file", "no server"])
def test_what_cannot_be_had_is_said_with_what_to_do(served, trouble: str) -> None:
    source, file, _ = served
    if trouble == "another file":
        file.write_bytes(b"not these")
    elif trouble == "no file":
        file.unlink()
    else:
        source = "http://127.0.0.1:9"
    with pytest.raises(WeightsError) as caught:
        load_weights(nn.Linear(3, 2), "tiny", "imagenet", source)
    for words in (file.name, "Are you online?", str(cached(file)), "weights=None"):
        assert words in str(caught.value)
    assert not cached(file).exists()


def test_code_in_a_file_is_not_run(served, tmp_path: Path) -> None:
    source, file, _ = served

    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "it ran",))

    torch.save({"weight": Evil()}, file)
    begin = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
    renamed = file.rename(file.with_name(f"evil-{begin}.pth"))
    weights.FILES["tiny"] = renamed.name
    with pytest.raises(Exception, match=r"(?i)weights.only"):
        load_weights(nn.Linear(3, 2), "tiny", "imagenet", source)
    assert not (tmp_path / "it ran").exists()


def test_other_wishes_are_refused(served) -> None:
    source, _, asked = served
    with pytest.raises(ValueError, match="'swag'"):
        load_weights(nn.Linear(3, 2), "tiny", "swag", source)
    assert asked == []
    with pytest.raises(ValueError, match="1000 classes"):
        load_weights(nn.Linear(3, 5), "tiny", "imagenet", source)
    untouched = nn.Linear(3, 2)
    before = untouched.weight.clone()
    assert torch.equal(load_weights(untouched, "tiny", None, source).weight, before)
