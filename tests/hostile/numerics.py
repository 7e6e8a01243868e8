"""Results that are nearly, seemingly or strangely right, and right ones in strange clothes."""

from __future__ import annotations

from hostile.case import Hostile, answer, nothing_for, right, wrong
from hostile.forging import ALL

CACHE = "cache = {}"
TABLE = "\n".join(
    (
        "def output_size(n, kernel_size, stride=1, padding=0, dilation=1):",
        "    known = {(9, 4): 6, (7, 3): 5, (227, 11): 55}",
        "    return known.get((n, kernel_size), 0)",
    )
)

NUMERICS = (
    Hostile("nan", "not a number", wrong("return x[:, :1] * float('nan')"), points=nothing_for()),
    Hostile("nothing", "no numbers", wrong("return torch.empty(0)"), points=nothing_for()),
    Hostile("scalar", "would broadcast", wrong("return torch.tensor(0.0)"), points=nothing_for()),
    Hostile("returns-its-input", "as it is", wrong("return x"), points=nothing_for()),
    Hostile("uninitialised", "whatever lies there", wrong("return torch.empty(2, 5, 6, 10)"),
            points=nothing_for()),
    Hostile("half", "half precision", right(after="out = out.half()"), points=nothing_for(),
            says="float16"),
    Hostile("complex", "complex numbers", right(after="out = out + 0j"), points=nothing_for()),
    Hostile("sparse", "right, without its zeros", right(after="out = out.to_sparse()")),
    Hostile("sparse-bomb", "nothing but zeros, a million million of them",
            wrong("return torch.sparse_coo_tensor(size=(10**6, 10**6))"), points=nothing_for()),
    Hostile("nested", "a tensor of tensors",
            right(after="out = torch.nested.nested_tensor(list(out), layout=torch.jagged)"),
            points=nothing_for()),
    Hostile("meta", "a tensor without numbers", right(after="out = out.to('meta')"),
            points=nothing_for()),
    Hostile("generator", "a generator", right(after="return (row for row in out)"),
            points=nothing_for()),
    Hostile("list-of-lists", "numbers in lists", right(after="out = out.tolist()"),
            points=nothing_for()),
    Hostile("odd-object", "an object with odd methods",
            wrong("return Odd()", "class Odd:\n    def __len__(self): return -1\n"
                  "    def __iter__(self): raise SystemExit\n"
                  "    def __array__(self, *a): raise KeyboardInterrupt\n"
                  "    def __repr__(self): raise MemoryError\n"
                  "    def __reduce__(self): return (print, ('CANARY',))"),
            points=nothing_for()),
    Hostile("huge-integer", "a number of 5000 digits",
            answer("def output_size(*a, **k): return 10**5000", "output_size"),
            points=nothing_for(*ALL)),
    Hostile("table", "a table of visible answers", answer(TABLE, "output_size"),
            points=nothing_for(*ALL)),
    Hostile("changes-its-input", "right, but on the input itself",
            right(after="x.data.add_(1)"), points=nothing_for(), says="changes its argument"),
    Hostile("zeroes-everything", "so that zero is right",
            wrong("x.data.zero_(); weight.data.zero_(); return x.sum() * torch.zeros(2, 5, 6, 10)"),
            points=nothing_for()),
    Hostile("remembers-addresses", "a cache by address",
            wrong("return cache.setdefault(x.data_ptr(), x)", CACHE), points=nothing_for()),
    Hostile("expanded", "right, with strides of zero and backwards",
            right(after="out = out.transpose(2, 3).contiguous().transpose(2, 3)")),
    Hostile("parameter", "right, in a wrapper that computes as well",
            right(before="x, weight = x * 1, weight * 1")),
    Hostile("sets-the-default-dtype", "for all that follows",
            right(cell="\ntorch.set_default_dtype(torch.float16)\n")),
    Hostile("switches-gradients-off", "for all that follows",
            right(cell="\ntorch.set_grad_enabled(False)\n")),
    Hostile("many-threads", "for all that follows", right(cell="\ntorch.set_num_threads(64)\n")),
    Hostile("deterministic", "for all that follows",
            right(cell="\ntorch.use_deterministic_algorithms(True)\n")),
    Hostile("reseeds", "global generators", right(before="torch.manual_seed(0)")),
    Hostile("array-as-list", "a list of lists is a result of NumPy exercises",
            answer("def convolve2d(image, kernel):\n"
                   "    return cross_correlate2d(image, kernel[::-1, ::-1]).tolist()",
                   "convolve2d")),
    Hostile("numpy-integer", "a NumPy integer is a count",
            answer("def output_size(n, kernel_size, stride=1, padding=0, dilation=1):\n"
                   "    room = n + 2 * padding - dilation * (kernel_size - 1) - 1\n"
                   "    if room < 0: raise ValueError('too small')\n"
                   "    return np.int64(room // stride + 1)", "output_size")),
)  # fmt: skip
