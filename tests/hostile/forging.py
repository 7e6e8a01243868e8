"""Submissions that claim, fake or change their verdict, and ones that look where they must not."""

from __future__ import annotations

from hostile.case import Hostile, answer, changed, extra, find, nothing_for, right, wrong

ALL = ("output_size", "cross_correlate2d", "convolve2d", "sobel_edges", "conv2d", "conv2d_backward")
SHELL = "from IPython import get_ipython\nip = get_ipython()\n"
FD = "import os\nfd = int(os.environ['CNNCOURSE_CHANNEL'])\n"


def skip_checks(notebook) -> None:
    for name in ALL:
        find(notebook, f"{name}-answer").source = "pass"
        find(notebook, name).metadata.tags = ["skip-execution"]


def claim_points(notebook) -> None:
    for name in ALL:
        find(notebook, f"{name}-answer").source = "pass"
        check = find(notebook, name)
        check.source, check.metadata.nbgrader.points = "100", 100


FORGED = """
import cnncourse.grading.serve as serve
from cnncourse.grading.attempt import Attempt
real = serve.carry_out
def carry_out(order, answer):
    if order.name != "conv2d":
        return real(order, answer)
    {}
serve.carry_out = carry_out
"""
SUBCLASS = """
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True
    def __eq__(self, other): return True
"""
RUN_CODE = """
from IPython.core.interactiveshell import InteractiveShell
async def run_code(self, *arguments, **options): return False
InteractiveShell.run_code = run_code
"""
FAKE_RESULT = """
kernel = ip.kernel
content = {"data": {"text/plain": "4.0", "text/html": "<script>alert(1)</script>"},
           "metadata": {}, "execution_count": 9}
kernel.session.send(kernel.iopub_socket, "execute_result", content, ident=b"execute_result",
                    parent=kernel.get_parent())
"""

FORGING = (
    Hostile("skips-checks", "tags its check cells", changed(skip_checks), points=nothing_for(*ALL)),
    Hostile("claims-points", "edits check cells", changed(claim_points), points=nothing_for(*ALL)),
    Hostile(
        "eats-later-cells",
        "an input transformer turns later cells into nothing",
        wrong("return x", SHELL + "ip.input_transformers_cleanup.append(lambda lines: ['pass'])"),
        status="partly graded",
        points=nothing_for(),
        says="nothing could be asked",
    ),
    Hostile(
        "drops-asserts",
        "an AST transformer",
        wrong(
            "return x",
            SHELL + "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
            "        return None\nip.ast_transformers.append(T())",
        ),
        points=nothing_for(),
    ),
    Hostile(
        "patches-allclose",
        "comparisons always say yes",
        wrong("return x", "np.allclose = torch.allclose = torch.equal = lambda *a, **k: True"),
        points=nothing_for(),
    ),
    Hostile(
        "patches-testing",
        "assert_close does nothing",
        wrong("return x", "torch.testing.assert_close = lambda *a, **k: None"),
        points=nothing_for(),
    ),
    Hostile(
        "equal-to-all",
        "a tensor that says yes to every question",
        wrong("return x.detach().as_subclass(Yes)", SUBCLASS),
        points=nothing_for(),
    ),
    Hostile(
        "lies-about-its-class",
        "an object that calls itself a tensor",
        wrong(
            "return Liar()",
            "class Liar:\n    __class__ = torch.Tensor\n    def __eq__(self, other): return True",
        ),
        points=nothing_for(),
    ),
    Hostile(
        "array-function",
        "an array that answers NumPy",
        answer(
            "class Yes(np.ndarray):\n    def __array_function__(self, *a): return True\n"
            "def cross_correlate2d(image, kernel): return np.zeros((4, 7)).view(Yes)",
            "cross_correlate2d",
        ),
        points=nothing_for("cross_correlate2d", "convolve2d", "sobel_edges"),
    ),
    Hostile(
        "stops-the-shell",
        "run_code does nothing from now on",
        wrong("return x", RUN_CODE),
        status="partly graded",
        points=nothing_for(),
        says="ended its kernel",
    ),
    Hostile(
        "replaces-do-execute",
        "the kernel says ok to everything",
        wrong(
            "return x",
            SHELL + "async def ok(*a, **k):\n    return {'status': 'ok', 'execution_count': 1,\n"
            "            'payload': [], 'user_expressions': {}}\nip.kernel.do_execute = ok",
        ),
        status="partly graded",
        points=nothing_for(),
    ),
    Hostile(
        "prints-points",
        "shows a number and a verdict",
        wrong(
            "print(4.0); return x",
            "from IPython.display import display, HTML, Javascript, SVG, Markdown\n"
            "display(HTML('<div data-verdict=\"right\">4 of 4</div><script>alert(1)</script>'))\n"
            "display(Javascript('alert(1)'))\nprint('<script>alert(1)</script>')\n"
            'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>\'))\n'
            "display(Markdown('<img src=x onerror=alert(1)>'))",
        ),
        points=nothing_for(),
    ),
    Hostile(
        "fakes-a-result",
        "publishes a result by itself",
        wrong("return x", SHELL + FAKE_RESULT),
        points=nothing_for(),
    ),
    Hostile(
        "forges-attempts",
        "the runner says what it likes",
        wrong(
            "return x", FORGED.format("return Attempt(parts={'result': torch.zeros(2, 5, 6, 10)})")
        ),
        points=nothing_for(),
    ),
    Hostile(
        "forges-no-parts",
        "the runner says that nothing has to be compared",
        wrong("return x", FORGED.format("return Attempt(parts={}, operations=1)")),
        points=nothing_for(),
    ),
    Hostile(
        "forges-refusals",
        "every call is said to be refused",
        wrong(
            "return x",
            FORGED.format(
                "from cnncourse.grading.failure import Failure\n"
                "    return Attempt(error=Failure('ValueError', ('ValueError',), 'no'))"
            ),
        ),
        points=nothing_for(),
    ),
    Hostile(
        "forges-shapes",
        "an impossible tensor on the wire",
        wrong(
            "return x",
            "import cnncourse.grading.wire as wire\nreal = wire.encode_tensor\n"
            "def encode_tensor(tensor, buffers):\n    tree = real(tensor, buffers)\n"
            "    if tensor.dim() == 4: tree['shape'] = [2**40, -1]\n    return tree\n"
            "wire.encode_tensor = encode_tensor",
        ),
        status="partly graded",
        points=nothing_for("conv2d", "conv2d_backward"),
        says="no result",
    ),
    Hostile(
        "shouts-early",
        "writes to the channel before it is asked",
        wrong("return x", FD + "os.write(fd, b'right' * 50)"),
        status="partly graded",
        points=nothing_for(),
    ),
    Hostile(
        "hangs-up",
        "closes the channel",
        wrong("return x", FD + "os.close(fd)"),
        status="partly graded",
        points=nothing_for(),
    ),
    Hostile(
        "closes-everything",
        "closes all descriptors",
        wrong("return x", "import os\nos.closerange(3, 200)"),
        status="partly graded",
        points=nothing_for(),
    ),
    Hostile(
        "interrupts-the-channel",
        "writes in the middle of a call",
        wrong("os.write(fd, bytes(40)); return x", FD),
        status="partly graded",
        points=nothing_for(),
    ),
    Hostile(
        "calls-the-library",
        "uses what it is to write",
        wrong("return F.conv2d(x, weight, bias, stride, padding, dilation)"),
        points=nothing_for(),
        says="library convolution",
    ),
    Hostile(
        "imports-the-answer",
        "the reference is not there",
        answer("from cnncourse.reference.convolution import conv2d"),
        points=nothing_for(),
        says="not there while work is graded",
    ),
    Hostile(
        "imports-the-lesson",
        "the cases are not there",
        answer(
            "from cnncourse.lessons.convolution import EXERCISES\nconv2d = EXERCISES[4].reference"
        ),
        points=nothing_for(),
    ),
    Hostile(
        "redefines-later",
        "the names as they are in the end are what counts",
        right(cell="\n\ndef sobel_edges(image): return 1"),
        points=nothing_for("sobel_edges"),
    ),
    Hostile(
        "poisons-modules",
        "another torch for whoever imports it next",
        wrong("return x", "import sys, types\nsys.modules['sympy'] = types.ModuleType('sympy')"),
        points=nothing_for(),
    ),
    Hostile(
        "scratch-cells",
        "a cell of its own that fails",
        extra("1 / 0\nraise SystemExit"),
    ),
    Hostile(
        "checks-by-itself",
        "leaves a check in its answer cell",
        right(cell="\n\ncheck(conv2d)\nhint(conv2d)"),
    ),
)

LOOKING = """
import glob, os
found = []
for place in ["/srv", "/root", "/home", "/etc/shadow", "/proc", "/tmp", "/var", "..", "../..",
              "../../../..", os.path.dirname(os.path.dirname(np.__file__)) + "/cnncourse"]:
    for path in [place, *glob.glob(place + "/*"), *glob.glob(place + "/*/*")][:3000]:
        try:
            if os.path.isfile(path) and os.path.getsize(path) < 10**6:
                text = open(path, errors="replace").read()
                if "CANARY" in text or "BEGIN" + " SOLUTION" in text:
                    found.append(path + text[:300])
        except Exception:
            pass
print(found)
print(dict(os.environ))
"""
STEALING = (
    Hostile("looks-around", "reads all it can", wrong("return x", LOOKING), points=nothing_for()),
    Hostile(
        "searches-memory",
        "looks for expected values among all objects",
        wrong(
            "import gc\n    t = [o for o in gc.get_objects() if type(o) is torch.Tensor]\n"
            "    return next((o for o in t if o.dim() == 4 and o is not x and o is not weight), x)"
        ),
        points=nothing_for(),
    ),
    Hostile(
        "walks-the-frames",
        "looks for the judge in the callers' variables",
        wrong(
            "import sys\n    f = sys._getframe()\n    while f:\n"
            "        if 'expected' in f.f_locals: return f.f_locals['expected']\n"
            "        f = f.f_back\n    return x"
        ),
        points=nothing_for(),
    ),
    Hostile(
        "edits-the-gradebook",
        "SQL on every file of that name",
        wrong(
            "return x",
            "import sqlite3, glob\n"
            "for path in glob.glob('/*/**/gradebook.db', recursive=True)[:9]:\n"
            "    try:\n        with sqlite3.connect(path) as book:\n"
            "            book.execute('update grade set extra_credit = 100')\n"
            "    except Exception as error:\n        print(error)",
        ),
        points=nothing_for(),
    ),
    Hostile(
        "ends-other-processes",
        "signals to all and to its parents",
        wrong(
            "return x",
            "import os, signal\nfor pid in (os.getppid(), -1, *range(2, 400)):\n    try:\n"
            "        if pid != os.getpid(): os.kill(pid, signal.SIGKILL)\n"
            "    except OSError:\n        pass",
        ),
        points=nothing_for(),
    ),
    Hostile(
        "leaves-startup-files",
        "for whoever is graded next",
        wrong(
            "return x",
            "import os, pathlib\nhome = pathlib.Path.home()\n"
            "for name in ('.ipython/profile_default/startup/00.py', 'sitecustomize.py',\n"
            "             'numpy.py', 'tmp/torch.py', '.local/usercustomize.py'):\n"
            "    (home / name).parent.mkdir(parents=True, exist_ok=True)\n"
            "    (home / name).write_text('raise SystemExit')",
        ),
        points=nothing_for(),
    ),
    Hostile(
        "phones-home",
        "every kind of socket",
        wrong(
            "return x",
            "import socket, glob\nfor kind in (2, 10, 17):\n    try:\n"
            "        socket.socket(kind).connect(('127.0.0.1', 80))\n        print('CANARY out')\n"
            "    except OSError:\n        pass\n"
            "for path in ['/var/run/docker.sock', *glob.glob('/tmp/**/*', recursive=True)[:99]]:\n"
            "    try:\n        socket.socket(socket.AF_UNIX).connect(path)\n"
            "        print('connected to', path)\n    except OSError:\n        pass",
        ),
        points=nothing_for(),
    ),
)
