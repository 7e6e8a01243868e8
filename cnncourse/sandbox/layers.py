"""What confines a kernel, and how much it may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The most that one kernel may use.

    memory: bytes of all its processes together. processes: with threads.
    file: bytes of one file. folder: bytes in all files together. files: open at a time.
    """

    memory: int = 2 << 30
    processes: int = 128
    file: int = 64 << 20
    folder: int = 256 << 20
    files: int = 1024


@dataclass(frozen=True)
class Layers:
    """Which of the layers are used; see `probe` for what a machine has.

    landlock: its version, 0 for none.
    namespaces: a private file system, process table, network and IPC; with `user` where the
        caller is not root.
    own_user: an unprivileged user id of the kernel's own.
    cgroup: "v1", "v2" or "", where a watchdog takes its place.
    """

    landlock: int = 0
    seccomp: bool = False
    namespaces: bool = False
    user: bool = False
    own_user: bool = False
    cgroup: str = ""

    @property
    def confines(self) -> bool:
        """Whether this is enough to run a stranger's program."""
        return self.landlock > 0 and self.seccomp

    @property
    def hides_the_rest(self) -> bool:
        """Whether what belongs to the caller is out of reach even where Landlock has no say."""
        return self.namespaces or self.own_user

    def __str__(self) -> str:
        """
        >>> str(Layers(landlock=7, seccomp=True, cgroup="v1"))
        'Landlock 7, seccomp, cgroup v1'
        """
        names = {
            f"Landlock {self.landlock}": bool(self.landlock),
            "seccomp": self.seccomp,
            "user namespace": self.user,
            "namespaces": self.namespaces,
            "own user": self.own_user,
            f"cgroup {self.cgroup}": bool(self.cgroup),
        }
        return ", ".join(name for name, used in names.items() if used) or "nothing"


NOTHING = Layers()
