"""A file server of our own, which can be told to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest


class FileServer(ThreadingHTTPServer):
    """Serves `files` by name; may ignore ranges, or hang up once after some bytes.

    `asked` has the name and the Range header of each request.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_port}/"
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.ranges = True
        self.hang_up_after: int | None = None


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        name, wanted = self.path.lstrip("/"), self.headers["Range"]
        self.server.asked.append((name, wanted))
        content, start = self.server.files.get(name), 0
        if content is None:
            return self.send_error(404)
        if wanted and self.server.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][: self.server.hang_up_after])
        self.server.hang_up_after = None

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def new_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], FileServer]]:
    """Starts a server at each call."""
    monkeypatch.setenv("no_proxy", "*")
    servers = []

    def start() -> FileServer:
        servers.append(FileServer())
        Thread(target=servers[-1].serve_forever, args=(0.01,)).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(new_server: Callable[[], FileServer]) -> FileServer:
    return new_server()
