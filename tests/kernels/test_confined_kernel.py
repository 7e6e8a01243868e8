"""What student code can do in a graded kernel, and what it cannot."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnncourse.kernels.host import KernelHost
from cnncourse.kernels.running import SandboxError
from cnncourse.sandbox.layers import Layers, Limits
from cnncourse.sandbox.proof import holds

ROOT = Path(__file__).parents[2]
REFUSED = {
    "read the solutions": f"open({str(ROOT / 'solutions/02-convolution/convolution.py')!r}).read()",
    "read right answers": f"open({str(ROOT / 'cnncourse/reference/convolution.py')!r}).read()",
    "read cases": f"open({str(ROOT / 'cnncourse/lessons/convolution/layer.py')!r}).read()",
    "import right answers": "import cnncourse.reference.convolution",
    "import lessons": "import cnncourse.lessons.convolution",
    "import the judge": "from cnncourse.judge import judge",
    "list the solutions": f"__import__('os').listdir({str(ROOT / 'solutions')!r})",
    "read the password file's shadow": "open('/etc/shadow').read()",
    "write to the course": f"open({str(ROOT / 'mark')!r}, 'w')",
    "write to the library": "open(__import__('torch').__file__, 'a')",
    "delete the library": "__import__('os').remove(__import__('torch').__file__)",
    "internet": "__import__('socket').socket()",
    "internet 6": "__import__('socket').socket(__import__('socket').AF_INET6)",
    "raw packets": "__import__('socket').socket(17, 3)",
    "see the grader": f"open('/proc/{os.getpid()}/environ').read()",
    "signal the grader": f"__import__('os').kill({os.getpid()}, 0)",
    "make namespaces": "1 / (__import__('ctypes').CDLL(None).unshare(0x10000000) + 1)",
    "trace": "1 / (__import__('ctypes').CDLL(None).ptrace(0, 0, 0, 0) + 1)",
    "become root": "__import__('os').setuid(0) or 1 / __import__('os').getuid()",
    "large file": "open('large', 'wb').write(bytes(9 << 20))",
    "core settings": "open('/proc/sys/kernel/core_pattern', 'w')",
    "memory of nobody": "__import__('os').memfd_create('hidden')",
    "ask": "input()",
}
WORKS = [
    ("1 + 1", "2"),
    ("import torch; float((torch.ones(900, 900) @ torch.ones(900, 900)).sum())", "729000000.0"),
    ("x = torch.ones(2, requires_grad=True); (x ** 2).sum().backward(); x.grad", "[2., 2.]"),
    ("torch.save(torch.ones(2), 'a.pt'); torch.load('a.pt')", "tensor([1., 1.])"),
    ("import tempfile; tempfile.TemporaryFile().write(b'abc')", "3"),
    ("import subprocess; subprocess.run('echo 7', shell=True, capture_output=True).stdout", "7"),
    ("import sys; subprocess.run([sys.executable, '-c', '1 / 0']).returncode", "1"),
    ("get_ipython().__class__.__name__", "'ZMQInteractiveShell'"),
    ("%timeit -n1 -r1 3", "loop"),
    ("from cnncourse import check; check(abs)", "answered by your instructor's grader"),
    ("from cnncourse.progress import progress; progress()", "your instructor's grader"),
    ("from cnncourse.widgets.convolution import Convolution; Convolution().keys[:1]", "["),
    ("import sklearn.datasets; sklearn.datasets.load_digits().data.shape", "(1797, 64)"),
]


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED)
def test_attempt_is_refused(attempt: str, session) -> None:
    outputs = session.run(attempt)
    assert outputs, "nothing happened, not even an error"
    assert outputs[-1].output_type == "error", outputs


def test_everyday_work_goes_on(session) -> None:
    for source, shown in WORKS:
        assert shown in session.value(source), source


def test_figure_is_shown_in_the_first_cell(session) -> None:
    [output] = session.run("import matplotlib.pyplot as plt; plt.plot([1, 2]);")
    assert "image/png" in output.data


def test_several_processes_work_together_where_they_have_a_place_of_their_own(
    session, host
) -> None:
    if not host.layers.namespaces:
        pytest.skip("without namespaces of its own, a kernel has no shared memory and no sockets")
    source = "list(torch.utils.data.DataLoader(torch.arange(4), batch_size=2, num_workers=2))"
    assert session.value(f"import torch; {source}") == "[tensor([0, 1]), tensor([2, 3])]"
    source = "import multiprocessing as m; m.get_context('fork').Pool(2).map(abs, [-1, -2])"
    assert session.value(source) == "[1, 2]"


def test_interrupt_is_a_keyboard_interrupt(session) -> None:
    outputs, interrupted = session.client.run("import time; time.sleep(60)", 0.5)
    assert interrupted
    assert outputs.outputs[-1].ename == "KeyboardInterrupt"
    assert session.value("1 + 1") == "2"


def test_random_numbers_differ_from_kernel_to_kernel(host) -> None:
    from cnncourse.judge.client import Client

    drawn = set()
    for _ in range(2):
        kernel = host.start()
        with Client(kernel) as client:
            client.wait_until_heard()
            numbers = "torch.rand(1), random.random(), np.random.rand()"
            source = f"import torch, random, numpy as np; {numbers}"
            [output] = client.run(source, 60)[0].outputs
            drawn |= set(output.data["text/plain"].strip("()").split(", "))
        kernel.kill()
    assert len(drawn) == 6


def test_kernel_is_told_nothing_of_who_grades(session) -> None:
    names = session.value("sorted(__import__('os').environ)")
    assert "CNNCOURSE_CHANNEL" in names
    for secret in ("TOKEN", "KEY", "NBGRADER", "JPY", "SSH", "VIRTUAL_ENV"):
        assert secret not in names


def alive(mark: str) -> list[int]:
    """The processes with a word in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


DAEMON = """
import subprocess, sys
code = "import os, time\\nif os.fork(): os._exit(0)\\nos.setsid()\\n"
code += "if os.fork(): os._exit(0)\\ntime.sleep(600)"
subprocess.run([sys.executable, "-c", code, "{mark}"])
"""


def test_nothing_survives_the_kernel(session) -> None:
    mark = f"survivor-{os.getpid()}-{time.monotonic_ns()}"
    session.run(DAEMON.format(mark=mark))
    time.sleep(0.3)
    assert alive(mark)
    session.kernel.kill()
    assert not alive(mark)
    assert not session.kernel.base.exists()


def test_shared_memory_does_not_outlive_its_kernel(session) -> None:
    source = "import ctypes; ctypes.CDLL(None).shmget(0, 4096, 0o1600)"
    made = int(session.value(source))
    segments = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    assert made == -1 or not any(line.split()[1] == str(made) for line in segments)


ENDS = {
    "exit": ("import os; os._exit(3)", "exited", "exit code 3"),
    "crash": ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
    "memory": ("a = [bytearray(50 << 20) for _ in range(100)]", "memory", ""),
    "tensor": ("import torch; a = torch.ones(2 << 28)", "memory", ""),
}


@pytest.mark.parametrize(("source", "reason", "detail"), ENDS.values(), ids=ENDS)
def test_end_is_told_apart(source: str, reason: str, detail: str, session) -> None:
    session.client.start(source)
    deadline = time.monotonic() + 60
    while session.kernel.ending() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    ending = session.kernel.ending()
    assert ending is not None
    assert ending.reason == reason
    assert detail in ending.detail


def test_kernel_that_kills_itself_is_gone_or_cannot(session, host) -> None:
    session.client.start("import os; os.kill(os.getpid(), 9)")
    if host.layers.namespaces:
        # The first process of a PID namespace takes no such signal from inside.
        assert session.value("1 + 1") == "2"
        return
    deadline = time.monotonic() + 60
    while session.kernel.ending() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert session.kernel.ending().detail == "signal SIGKILL"


FORK_BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""


def test_fork_bomb_ends_with_its_kernel(session, host) -> None:
    session.client.start(FORK_BOMB)
    if host.layers.namespaces:
        # At its limit it goes on, until its kernel is ended.
        time.sleep(1.5)
    deadline = time.monotonic() + 30
    while session.kernel.ending() is None and not host.layers.namespaces:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    began = time.monotonic()
    ending = session.kernel.kill()
    assert time.monotonic() - began < 15
    assert ending.reason == "processes"
    assert not alive(session.kernel.base.name)


def test_full_folder_is_an_error_or_the_end(session, host) -> None:
    source = "for i in range(40): open(f'f{i}', 'wb').write(bytes(4 << 20))"
    if host.layers.namespaces:
        assert session.run(source)[-1].ename == "OSError"
        return
    session.client.start(source)
    deadline = time.monotonic() + 30
    while session.kernel.ending() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert session.kernel.kill().reason == "folder"


HOLDER = """
import os, sys, time
from cnncourse.kernels.host import KernelHost
from cnncourse.judge.client import Client
host = KernelHost()
kernel = host.start()
with Client(kernel) as client:
    client.wait_until_heard()
    client.run({daemon!r}, 60)
    print(kernel.base.name, flush=True)
    time.sleep(600)
"""


def test_killed_grader_takes_everything_with_it() -> None:
    mark = f"orphan-{os.getpid()}-{time.monotonic_ns()}"
    source = HOLDER.format(daemon=DAEMON.format(mark=mark))
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout.readline().startswith("cnncourse-")
        assert alive(mark)
        one.kill()
    deadline = time.monotonic() + 15
    while alive(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(mark)


def test_cold_kernel_is_confined_too(layers: Layers) -> None:
    with KernelHost(warm=False, layers=layers) as host:
        assert holds(host.proof(host.layers)) == []
        kernel = host.start()
        assert kernel.ending() is None
        assert kernel.kill().reason == "stopped"


def test_host_refuses_where_nothing_confines() -> None:
    with pytest.raises(SandboxError, match="sandbox 'none'"):
        KernelHost(warm=False, layers=Layers(landlock=0, seccomp=True))


def test_unconfined_kernel_has_to_be_asked_for() -> None:
    with KernelHost(sandbox="none", warm=False) as host:
        assert host.description == "nothing"
        kernel = host.start()
        kernel.kill()


def test_socket_of_another_program_is_out_of_reach(session, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        path = Path("/tmp", f"listener-{os.getpid()}")
        listener.bind(str(path))
        try:
            listener.listen()
            path.chmod(0o777)
            name = session.value(f"import socket; socket.socket(1).connect({str(path)!r})")
            assert name in ("FileNotFoundError", "PermissionError")
        finally:
            path.unlink()


def test_limits_are_those_that_were_asked_for(session, host) -> None:
    assert host.limits == Limits(700 << 20, 64, 8 << 20, 32 << 20)
    shown = session.value("__import__('resource').getrlimit(__import__('resource').RLIMIT_FSIZE)")
    assert shown == f"({8 << 20}, {8 << 20})"
