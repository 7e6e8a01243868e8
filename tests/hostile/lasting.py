"""What one cell or call leaves behind for the next, and errors and results of odd classes."""

from __future__ import annotations

from hostile.case import Hostile, answer, nothing_for, right, wrong
from hostile.forging import ALL

CORRELATE = (
    "def convolve2d(image, kernel):\n    out = cross_correlate2d(image, kernel[::-1, ::-1])\n"
)
COUNT = """def output_size(n, kernel_size, stride=1, padding=0, dilation=1):
    room = n + 2 * padding - dilation * (kernel_size - 1) - 1
    if room < 0:
        raise ValueError("too small")
    return {}"""


def stays(name: str, story: str, code: str) -> Hostile:
    """A setting for everything that follows, after a right answer: nobody loses by it."""
    return Hostile(name, story, right(cell=f"\n{code}\n"))


def raises(name: str, story: str, error: str, before: str = "") -> Hostile:
    """An error from conv2d; it costs conv2d alone."""
    return Hostile(name, story, wrong(f"raise {error}", before), points=nothing_for())


def image(name: str, story: str, result: str, earned: bool = True) -> Hostile:
    """A right convolution in another form."""
    return Hostile(name, story, answer(f"{CORRELATE}    return {result}", "convolve2d"),
                   points={} if earned else nothing_for("convolve2d"))  # fmt: skip


def count(name: str, story: str, result: str, earned: bool = False) -> Hostile:
    """A right count in another form. What uses output_size fails; its refusals are earned."""
    return Hostile(name, story, answer(COUNT.format(result), "output_size"),
                   points={} if earned else {**nothing_for(*ALL), "output_size": 0.4})  # fmt: skip


LASTING = (
    stays("default-device", "everything without numbers", "torch.set_default_device('meta')"),
    stays("default-tensor", "doubles", "torch.set_default_dtype(torch.float64)"),
    stays("stays-in-inference", "no gradients any more", "torch.inference_mode().__enter__()"),
    stays("detects-anomalies", "slow gradients", "torch.autograd.set_detect_anomaly(True)"),
    stays("raises-on-rounding", "NumPy's errors", "np.seterr(all='raise')"),
    stays("warnings-are-errors", "all", "import warnings; warnings.simplefilter('error')"),
    # The kernel itself cannot answer any more; that cell is left out, the others count.
    Hostile("no-outputs", "nowhere to print",
            right(cell="\nimport sys; sys.stdout = sys.stderr = None\n"),
            "partly graded", nothing_for()),
    stays("closed-outputs", "nowhere to print", "import sys; sys.stdout.close()"),
    stays("at-exit", "does not want to end",
          "import atexit, time; atexit.register(lambda: time.sleep(10**6))"),
    stays("low-priority", "lets others go first", "import os; os.nice(19)"),
    stays("own-session", "leaves its group",
          "import os\nfor leave in (os.setsid, os.setpgrp):\n    try: leave()\n"
          "    except OSError: pass"),
    stays("ignores-all-signals", "as far as it may",
          "import signal\nfor one in signal.valid_signals():\n    try: signal.signal(one,"
          " signal.SIG_IGN)\n    except (OSError, ValueError): pass"),
    stays("blocks-signals", "so that none arrives",
          "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())"),
    stays("opens-files", "as many as it may",
          "many = []\ntry:\n    while True: many.append(open('/dev/null'))\nexcept OSError: many ="
          " []"),
    stays("shared-memory", "a folder in memory",
          "try:\n    for i in range(99): open(f'/dev/shm/{i}', 'wb').write(bytes(16 << 20))\n"
          "except OSError: pass"),
    stays("own-finder", "an importer that answers for all",
          "import sys\nclass Finder:\n    def find_spec(self, *a): raise ImportError('no')\n"
          "sys.meta_path.insert(0, Finder())"),
    stays("fewer-modules", "forgets what was imported",
          "import sys\nfor name in [n for n in sys.modules if n.startswith('cnncourse')]:\n"
          "    del sys.modules[name]"),
    stays("turns-collection-off", "of garbage", "import gc; gc.disable(); gc.freeze()"),
    Hostile("stops-itself", "SIGSTOP and signals for real time",
            wrong("for one in (19, 20, 35, 40): os.kill(os.getpid(), one)\n    return x",
                  "import os"), points=nothing_for()),
    Hostile("crashes-in-its-cell", "a null pointer",
            answer("def conv2d(x, *a, **k): return x\nimport ctypes; ctypes.string_at(0)"),
            "partly graded", nothing_for(), "SIGSEGV"),
    Hostile("leaves-by-subclass", "its own way to end Python",
            wrong("raise Bye(0)", "class Bye(SystemExit): pass"), points=nothing_for(),
            says="tried to end Python"),
    raises("interrupts-itself", "as if somebody had", "KeyboardInterrupt"),
    raises("raises-generator-exit", "no Exception", "GeneratorExit"),
    raises("raises-a-group", "many", "BaseExceptionGroup('many', [KeyboardInterrupt()] * 99)"),
    raises("raises-markup", "a name that acts",
           "type('<script>alert(1)</script>', (Exception,), {})('<img src=x onerror=alert(1)>')"),
    raises("raises-much", "a text of 10 MB", "ValueError('x' * (10 << 20))"),
    raises("raises-halves", "half characters", "KeyError('\\ud800\\x00\\x1b[31m')"),
    raises("raises-a-ring", "causes itself", "ring()",
           "def ring():\n    one, two = ValueError(1), ValueError(2)\n    one.__cause__ = two\n"
           "    two.__cause__ = one\n    return one"),
    raises("raises-a-liar", "its class is another", "Liar()",
           "class Liar(Exception):\n    @property\n    def __class__(self): raise SystemExit"),
    raises("always-refuses", "refuses every input", "ValueError('no')"),
    Hostile("right-at-first", "right in the first calls only",
            right(before="calls.append(1)", after="out = out if len(calls) < 3 else out * 0",
                  cell="\ncalls = []\n"), points={"conv2d": 2 / 3}),
    Hostile("right-sometimes", "every second call",
            right(before="calls.append(1)", after="out = out + len(calls) % 2",
                  cell="\ncalls = []\n"), points={"conv2d": 7 / 3}),
    Hostile("one-buffer", "all calls share their result's memory",
            right(after="keep['out'] = out; out = keep['out']", cell="\nkeep = {}\n")),
    Hostile("rounds", "a little less exact", right(after="out = out.bfloat16().float()"),
            points=nothing_for()),
    Hostile("negated-view", "a view that is negated when read",
            right(after="out = torch._neg_view(-out)")),
    Hostile("a-subclass", "a harmless class of its own",
            right(after="out = out.as_subclass(Own)", cell="\nclass Own(torch.Tensor): pass\n")),
    Hostile("quantised", "eight bits",
            right(after="out = torch.quantize_per_tensor(out.detach(), 0.1, 0, torch.qint8)"),
            points=nothing_for()),
    Hostile("nested-tensor", "a tensor of tensors",
            right(after="out = torch.nested.nested_tensor([out.detach()[0]])"),
            points=nothing_for()),
    image("backwards", "negative strides", "out[::-1, ::-1].copy()[::-1, ::-1]"),
    image("other-order", "columns first", "np.asfortranarray(out)"),
    image("other-bytes", "the other end first", "out.astype('>f8')"),
    image("record-array", "fields", "out.astype([('a', 'f8')])", earned=False),
    image("words", "numbers as text", "out.astype(str)", earned=False),
    count("count-as-float", "a float", "float(room // stride + 1)"),
    count("count-as-text", "text", "str(room // stride + 1)"),
    count("count-that-agrees", "equal to everything",
          "type('Yes', (int,), {'__eq__': lambda *a: True, '__hash__': None,"
          " 'bit_length': lambda self: 1})(7)"),
    Hostile("returns-itself", "a list in itself",
            answer("def output_size(*a, **k):\n    one = []\n    one.append(one)\n    return one",
                   "output_size"), points=nothing_for(*ALL)),
)  # fmt: skip
