# SPDX-License-Identifier: Apache-2.0
"""LiteRT's interpreter, example by example."""
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def reference(model):
    """An interpreter with LiteRT's reference kernels for a model's bytes."""
    return Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)


def outputs(interpreter, arrays):
    """The first output for each example; one array per input, examples on the first axis."""
    interpreter.allocate_tensors()
    sources = [details["index"] for details in interpreter.get_input_details()]
    sink = interpreter.get_output_details()[0]["index"]
    results = []
    for example in range(len(arrays[0])):
        for source, array in zip(sources, arrays):
            interpreter.set_tensor(source, array[example][None])
        interpreter.invoke()
        results.append(interpreter.get_tensor(sink)[0].copy())
    return np.stack(results)
