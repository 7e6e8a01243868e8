"""Submissions that end their process, never end, or use up what there is."""

from __future__ import annotations

from hostile.case import Hostile, answer, nothing_for, right, wrong

CELL = "def conv2d(x, weight, *a, **k): return x\n"
SWALLOWS = """while True:
        try:
            while True: pass
        except BaseException:
            pass"""

RESOURCES = (
    Hostile("exits", "sys.exit in a call", wrong("import sys; sys.exit()"), points=nothing_for()),
    Hostile("quits", "quit in its cell", answer(CELL + "quit()"), points=nothing_for()),
    Hostile(
        "ends-in-its-cell",
        "os._exit while it is defined",
        answer(CELL + "import os\nos._exit(0)"),
        status="partly graded",
        points=nothing_for(),
        says="exit code 0",
    ),
    Hostile(
        "ends-in-a-call",
        "os._exit when called",
        wrong("import os; os._exit(0)"),
        status="partly graded",
        points=nothing_for(),
        says="ended its kernel",
    ),
    Hostile(
        "kills-itself",
        "SIGKILL to itself, whether it works or not",
        wrong("import os; os.kill(os.getpid(), 9); return x"),
        points=nothing_for(),
    ),
    Hostile(
        "crashes-hard",
        "a null pointer",
        wrong("import ctypes; ctypes.string_at(0)"),
        status="partly graded",
        points=nothing_for(),
        says="SIGSEGV",
    ),
    Hostile(
        "sleeps",
        "a call that takes for ever",
        wrong("import time; time.sleep(10**6)"),
        status="partly graded",
        points=nothing_for(),
        says="ran out of time",
    ),
    Hostile(
        "swallows-interrupts",
        "a loop that nothing but a kill ends",
        wrong(SWALLOWS),
        status="partly graded",
        points=nothing_for(),
        says="ran out of time",
    ),
    Hostile(
        "loops-in-c",
        "a loop without a line of Python",
        wrong("return sum(range(10**14))"),
        status="partly graded",
        points=nothing_for(),
        says="ran out of time",
    ),
    Hostile(
        "loops-after-its-definition",
        "the cell does not end, but the function is right",
        right(cell="\nwhile True: pass\n"),
    ),
    Hostile(
        "endless-message",
        "an error whose text takes for ever",
        wrong(
            "raise Slow()",
            "class Slow(Exception):\n    def __str__(self):\n        while True: pass",
        ),
        status="partly graded",
        points=nothing_for(),
    ),
    Hostile(
        "broken-message",
        "an error whose text is an error",
        wrong("raise Bad()", "class Bad(Exception):\n    def __str__(self): raise Bad()"),
        points=nothing_for(),
    ),
    Hostile("recurses", "without end", wrong("return conv2d(x, weight)"), points=nothing_for()),
    Hostile(
        "eats-memory",
        "a list that grows",
        wrong("a = []\n    while True: a.append(bytearray(64 << 20))"),
        status="partly graded",
        points=nothing_for(),
        says="memory",
    ),
    Hostile(
        "asks-for-much",
        "a tensor larger than any memory",
        wrong("return torch.ones(2**50)"),
        points=nothing_for(),
    ),
    Hostile(
        "forks-bombs",
        "processes that start processes",
        wrong("import os\n    while True:\n        try: os.fork()\n        except OSError: pass"),
        status="partly graded",
        points=nothing_for(),
    ),
    Hostile(
        "starts-threads",
        "thousands of threads",
        right(
            before="import threading\n    for _ in range(3000):\n"
            "        one = threading.Thread(target=threading.Event().wait, daemon=True)\n"
            "        try: one.start()\n        except RuntimeError: break"
        ),
    ),
    Hostile(
        "leaves-a-daemon",
        "a program that goes on",
        right(
            cell="\nimport subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time;"
            " time.sleep(999)', 'hostile-daemon'], start_new_session=True)\n"
        ),
    ),
    Hostile(
        "forks-and-forgets",
        "a copy that goes on as well",
        right(before="import os; os.fork()"),
    ),
    Hostile("prints-a-flood", "300 000 lines", right(cell="\nfor i in range(300000): print(i)\n")),
    Hostile("prints-a-line", "one line of 100 MB", right(cell="\nprint('x' * (100 << 20))\n")),
    Hostile("prints-when-called", "a lot", right(before="print('x' * 10**7)")),
    Hostile(
        "fills-the-disk",
        "as far as it gets",
        right(
            cell="\ntry:\n    for i in range(999): open(f'f{i}', 'wb').write(bytes(32 << 20))\n"
            "except OSError: pass\n"
        ),
    ),
    Hostile("asks-for-input", "nobody answers", wrong("return input()"), points=nothing_for()),
    Hostile("moves-away", "another folder", right(before="import os; os.chdir('/')")),
    Hostile(
        "warns",
        "a library's warning is no mistake",
        right(
            before="import warnings, sys; warnings.warn('old'); print('careful', file=sys.stderr)"
        ),
    ),
    Hostile(
        "sets-alarms",
        "signals of its own",
        right(
            cell="\nimport signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            "signal.setitimer(signal.ITIMER_REAL, 60)\n"
        ),
    ),
    Hostile(
        "traces", "a trace function", right(cell="\nimport sys\nsys.settrace(lambda *a: None)\n")
    ),
)
