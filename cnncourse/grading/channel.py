"""Whole messages over a socket, with an end to every wait and a cap on every size."""

from __future__ import annotations

import socket
import time
from typing import Any

from cnncourse.grading.wire import HEAD, WireError, lengths, packed, unpacked

MOST_BYTES = 64 << 20


class ChannelClosed(Exception):
    """The other end is gone."""


class ChannelSilent(Exception):
    """Nothing whole came in time."""


def send(channel: socket.socket, value: Any, seconds: float | None = None) -> None:
    """Send a value; ChannelSilent where the other end does not take it in time."""
    channel.settimeout(seconds)
    try:
        channel.sendall(packed(value))
    except TimeoutError:
        raise ChannelSilent from None
    except OSError:
        raise ChannelClosed from None


def receive(
    channel: socket.socket,
    seconds: float | None = None,
    most: int = MOST_BYTES,
    public: bool = False,
) -> Any:
    """The next value.

    ChannelSilent where it is not whole in time, ChannelClosed where the other end is gone,
    WireError where the bytes break the rules; after either of the last two, nothing that
    follows can be trusted.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    text, arrays = lengths(bytes(exactly(channel, HEAD.size, deadline)), most)
    header = bytes(exactly(channel, text, deadline))
    return unpacked(header, exactly(channel, arrays, deadline), public)


def exactly(channel: socket.socket, count: int, deadline: float | None) -> bytearray:
    """So many bytes, whenever they come."""
    data = bytearray(count)
    view, filled = memoryview(data), 0
    while filled < count:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ChannelSilent
            channel.settimeout(left)
        else:
            channel.settimeout(None)
        try:
            taken = channel.recv_into(view[filled:])
        except TimeoutError:
            raise ChannelSilent from None
        except OSError:
            raise ChannelClosed from None
        if not taken:
            raise ChannelClosed
        filled += taken
    return data


__all__ = ["ChannelClosed", "ChannelSilent", "WireError", "receive", "send"]
