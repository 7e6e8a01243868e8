"""Getting one file from any of several servers, and being sure that it is the right one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests
from filelock import FileLock
from tqdm.auto import tqdm

CHUNK = 1 << 16
TIMEOUT = (10, 30)  # seconds: to connect, and between two pieces


class DataError(Exception):
    """A data file cannot be had, or is not what it should be. The message says what to do."""


@dataclass(frozen=True)
class Source:
    """A public data set: its name, its servers, and its files.

    Each server is the beginning of an address, up to and with the last "/", and has all the files.
    `files` has the SHA-256 of each, by name.
    """

    name: str
    servers: tuple[str, ...]
    files: dict[str, str]


def data_folder() -> Path:
    """Where downloads are kept: $CNNCOURSE_DATA, or else the user's folder for caches."""
    return Path(os.environ.get("CNNCOURSE_DATA") or pooch.os_cache("cnncourse"))


def fetch(source: Source, file: str, *, folder: Path | None = None, progress: bool = True) -> Path:
    """The path of a file of the source: at once if it is there already, else after a download.

    It lies at folder / source.name / file, by default in data_folder(). The servers are tried in
    turn. When a transfer breaks off, what came is kept beside it as `.part`, and the next try goes
    on from there. Only a file with the right checksum ever gets the final name. DataError when no
    server gives it.
    """
    path = (folder or data_folder()) / source.name / file
    checksum = source.files[file]
    try:
        # Before anything is written: the folder of a class may be read-only.
        if path.exists() and pooch.file_hash(str(path)) == checksum:
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two notebooks must not write one `.part`.
        with FileLock(f"{path}.lock"):
            problems = _download(source, path, checksum, progress)
    except OSError as error:
        raise DataError(
            f"{path} cannot be read or written: {error.strerror or error}. Make room or change the "
            "rights, or set the environment variable CNNCOURSE_DATA to another folder."
        ) from error
    if problems is None:
        return path
    raise DataError(
        f"{file} of {source.name} could not be downloaded.\n"
        + "".join(f"- {problem}\n" for problem in problems)
        + f"Expected was a file with the SHA-256 {checksum}.\n"
        "You may be offline, or the servers may be down. Run this again later: a transfer that "
        "broke off then goes on where it stopped.\n"
        f"Or get the file some other way and put it there yourself: {path}"
    )


def _download(source: Source, path: Path, checksum: str, progress: bool) -> list[str] | None:
    """None when the file is there in the end, or else what went wrong, one line each."""
    problems = []
    part = path.with_name(path.name + ".part")
    if path.exists() and pooch.file_hash(str(path)) != checksum:
        path.unlink()
        problems.append(f"{path}: was another file, and has been removed")
    for server in source.servers:
        address = server + path.name
        going_on = True
        while going_on:
            before = _size(part)
            going_on = False
            try:
                pooch.retrieve(
                    address,
                    known_hash=f"sha256:{checksum}",
                    fname=path.name,
                    path=path.parent,
                    downloader=ResumingDownloader(part, progress),
                )
                return None
            except requests.HTTPError as error:
                answer = error.response
                problems.append(f"{address}: answered {answer.status_code} {answer.reason}")
            except requests.RequestException as error:
                name = type(error).__name__
                problems.append(
                    f"{address}: broke off after {_size(part)} bytes ({name})"
                    if _size(part) != before
                    else f"{address}: cannot be reached ({name})"
                )
            except ValueError:  # from pooch, which also removes the file
                problems.append(f"{address}: what came has another checksum, and was removed")
                # The fault may lie in the old part, so this server gets a chance from the start.
                going_on = before > 0
    return problems


@dataclass(frozen=True)
class ResumingDownloader:
    """What pooch calls to get a file: it goes on after the bytes that `part` has already.

    A server that cannot begin in the middle sends everything, which then replaces the part.
    Raises what requests raises; the part is kept.
    """

    part: Path
    progress: bool

    def __call__(self, url: str, output_file: str, _caller: object) -> None:
        """Download the address into the output file, by way of the part."""
        have = _size(self.part)
        # As they are on the server, or the checksum and the byte count would be of something else.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            # Nothing comes after the part. Whether it is whole, the checksum shows.
            if not (have and response.status_code == requests.codes.range_not_satisfiable):
                response.raise_for_status()
                self._write(response, have)
        self.part.replace(output_file)

    def _write(self, response: requests.Response, have: int) -> None:
        start = have if response.status_code == requests.codes.partial_content else 0
        length = response.headers.get("Content-Length")
        bar = tqdm(
            desc=self.part.stem,
            initial=start,
            total=start + int(length) if length else None,
            unit="B",
            unit_scale=True,
            disable=not self.progress,
        )
        with self.part.open("ab" if start else "wb") as file, bar:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
