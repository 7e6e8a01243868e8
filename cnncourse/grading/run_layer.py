"""Put a function that makes a layer to a case: have it made, and see what the layer does."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from cnncourse.grading import messages
from cnncourse.grading.run_function import Answer, Parts, Setting, invoke


@dataclass(frozen=True)
class Layer:
    """Have the answer make a layer from its arguments, and put inputs through it as it is.

    kind: the class in `torch.nn` that the layer has to be of.
    inputs: the arguments that go to the layer; the others go to the answer.
    """

    kind: str
    inputs: tuple[str, ...] = ("x",)

    def __call__(self, answer: Answer, setting: Setting) -> Parts:
        arguments, watch = setting.arguments, setting.watch
        inputs = [arguments[name] for name in self.inputs]
        others = {name: arguments[name] for name in arguments if name not in self.inputs}
        with watch.during():
            layer = invoke(answer, others, setting.options)
        if not isinstance(layer, getattr(nn, self.kind)):
            raise TypeError(messages.not_a_layer(self.kind, layer))
        return {"layer's output": layer(*inputs)}
