"""Put a function that records activations to a case: what it records, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from cnncourse.grading.arguments import hooks
from cnncourse.grading.run_function import Answer, Parts, Setting, invoke
from cnncourse.recipes.representations import Fails, ForwardFailed

HOOKS = "number of hooks left behind"
CUT_OFF = "answer to “is all that was recorded cut off from the graph?”"


@dataclass(frozen=True)
class Recording:
    """Call answer(model, names, x) -> {name: tensor}, and count the hooks afterwards.

    Where a layer of the model is made to fail, nothing but the hooks is looked at: whether the
    error reaches the caller or is swallowed is the answer's own decision.
    """

    def __call__(self, answer: Answer, setting: Setting) -> Parts:
        model = setting.arguments["model"]
        before, everywhere = waiting(model), dict(torch_module._global_forward_hooks)
        parts: Parts = {}
        try:
            with setting.watch.during():
                parts["result"] = invoke(answer, setting.arguments, setting.options)
        except Exception as error:
            if not caused_by_the_layer(error):
                raise
        if any(isinstance(module, Fails) for module in model.modules()):
            parts = {}
        else:
            parts[CUT_OFF] = cut_off(parts["result"])
        more = len(torch_module._global_forward_hooks) - len(everywhere)
        parts[HOOKS] = waiting(model) - before + more
        # Hooks on all modules there are would stay with the notebook.
        torch_module._global_forward_hooks.clear()
        torch_module._global_forward_hooks.update(everywhere)
        return parts


def waiting(model: nn.Module) -> int:
    """How many hooks wait in a model."""
    return sum(hooks(module) for module in model.modules())


def caused_by_the_layer(error: BaseException | None) -> bool:
    """Whether an error is the failing layer's, or was raised because of it."""
    while error is not None:
        if isinstance(error, ForwardFailed):
            return True
        error = error.__cause__ or error.__context__
    return False


def cut_off(recorded: Any) -> bool:
    """Whether no tensor of a result can be differentiated."""
    values = recorded.values() if isinstance(recorded, dict) else ()
    return not any(isinstance(one, Tensor) and one.requires_grad for one in values)
