"""Does a file arrive whole or not at all, whatever the server does?"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnncourse.data.download import DataError, Source, fetch

NAME = "numbers.bin"
CONTENT = np.random.default_rng(0).bytes(250_000)
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


def source_of(*servers) -> Source:
    for server in servers:
        server.files[NAME] = CONTENT
    return Source("tiny", tuple(server.address for server in servers), {NAME: CHECKSUM})


def call(source: Source, folder: Path) -> bytes:
    return fetch(source, NAME, folder=folder, progress=False).read_bytes()


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / "tiny" / name
    path.parent.mkdir()
    path.write_bytes(content)
    return path


def spoil(server, source: Source) -> Source:
    server.files[NAME] = CONTENT[:-9] + b"corrupted"
    return source


def hang_up(server, source: Source) -> Source:
    server.hang_up_after = 150_000
    return source


def remove(server, source: Source) -> Source:
    del server.files[NAME]
    return source


def go_offline(_, source: Source) -> Source:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return replace(source, servers=(f"http://127.0.0.1:{closed.getsockname()[1]}/",))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (spoil, "what came has another checksum, and was removed"),
        (hang_up, r"broke off after 1\d{5} bytes \(ChunkedEncodingError\)"),
        (remove, "answered 404 Not Found"),
        (go_offline, r"cannot be reached \(ConnectionError\)"),
    ],
)
def test_a_fault_is_explained_and_leaves_nothing_bad(
    server, tmp_path: Path, fault: Callable, words: str
):
    source = source_of(server)
    path = tmp_path / "tiny" / NAME
    with pytest.raises(DataError, match=words) as caught:
        call(fault(server, source), tmp_path)
    for part in (f"{NAME} of tiny could not", CHECKSUM, "You may be offline", f"yourself: {path}"):
        assert part in str(caught.value)
    assert not path.exists()
    server.files[NAME] = CONTENT
    assert call(source, tmp_path) == CONTENT
    assert {file.name for file in path.parent.iterdir()} <= {NAME, f"{NAME}.lock"}


def test_a_transfer_that_broke_off_goes_on(server, tmp_path: Path):
    source = hang_up(server, source_of(server))
    with pytest.raises(DataError):
        call(source, tmp_path)
    came = (tmp_path / "tiny" / f"{NAME}.part").read_bytes()
    assert came == CONTENT[: len(came)]
    assert call(source, tmp_path) == CONTENT
    assert server.asked == [(NAME, None), (NAME, f"bytes={len(came)}-")]


@pytest.mark.parametrize(
    ("ranges", "part", "asked"),
    [
        pytest.param(True, CONTENT[:1000], ["bytes=1000-"], id="goes on"),
        pytest.param(False, CONTENT[:1000], ["bytes=1000-"], id="range ignored"),
        pytest.param(True, CONTENT, ["bytes=250000-"], id="nothing missing"),
        pytest.param(True, CONTENT[9:1009], ["bytes=1000-", None], id="part of another file"),
        pytest.param(True, CONTENT + b"1", ["bytes=250001-", None], id="part too long"),
    ],
)
def test_going_on_from_a_part(server, tmp_path: Path, ranges: bool, part: bytes, asked: list):
    server.ranges = ranges
    left = put(tmp_path, f"{NAME}.part", part)
    assert call(source_of(server), tmp_path) == CONTENT
    assert not left.exists()
    assert [wanted for _, wanted in server.asked] == asked


@pytest.mark.parametrize("fault", [spoil, hang_up, remove])
def test_the_second_server_helps(server, new_server: Callable, tmp_path: Path, fault: Callable):
    other = new_server()
    source = fault(server, source_of(server, other))
    assert call(source, tmp_path) == CONTENT
    assert len(server.asked) == len(other.asked) == 1
    assert (other.asked[0][1] is not None) == (fault is hang_up)


def test_notebooks_that_start_together_download_once(server, tmp_path: Path):
    source = source_of(server)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(call, [source] * 4, [tmp_path] * 4)) == {CONTENT}
    assert len(server.asked) == 1


def test_a_file_put_there_by_hand_is_enough(server, tmp_path: Path):
    path = put(tmp_path, NAME, CONTENT)
    assert call(go_offline(server, source_of(server)), tmp_path) == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_a_wrong_file_put_there_by_hand_is_removed(server, tmp_path: Path):
    path = put(tmp_path, NAME, b"something else")
    with pytest.raises(DataError, match="was another file, and has been removed"):
        call(go_offline(server, source_of(server)), tmp_path)
    assert not path.exists()


def test_a_folder_that_cannot_be_written(server, tmp_path: Path):
    blocked = tmp_path / "a file"
    blocked.touch()
    with pytest.raises(DataError, match=r"cannot be read or written: .*CNNCOURSE_DATA"):
        call(source_of(server), blocked)


def test_the_environment_names_the_folder(server, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("CNNCOURSE_DATA", str(tmp_path / "shared"))
    path = fetch(source_of(server), NAME, progress=False)
    assert path == tmp_path / "shared" / "tiny" / NAME
