#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files for the tests with Python's own libraries, and checks our files with them.

usage: interchange.py make           writes Tests/Fixtures/interchange
       interchange.py check FOLDER   reads what the tests wrote into OCELLI_ORACLE_FOLDER=FOLDER

Made with safetensors 0.8.0, tensorboard 2.21.0, numpy 2.4.6, torch 2.13.0.
"""
import pathlib
import sys

import numpy
import torch
from safetensors.torch import load_file, save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

FIXTURES = pathlib.Path(__file__).parents[2] / "Tests/Fixtures/interchange"

TENSORS = {
    "weights": torch.tensor([[1.5, -2.0, 3.25], [0.0, -0.0, 1e-38]]),
    "a/bias \"é\"\n": torch.tensor([1.0, -1.0], dtype=torch.float64),
    "half": torch.tensor([1.0, 65504.0, 6e-8, -0.333, float("inf")], dtype=torch.float16),
    "brain": torch.tensor([[1.0], [-3.0]], dtype=torch.bfloat16),
    "bytes": torch.tensor([0, 255], dtype=torch.uint8),
    "signed": torch.tensor([-128, 127], dtype=torch.int8),
    "short": torch.tensor([-32768, 5], dtype=torch.int16),
    "int": torch.tensor([-7, 2**20], dtype=torch.int32),
    "step": torch.tensor(2**40, dtype=torch.int64),
    "flags": torch.tensor([True, False, True]),
    "empty": torch.zeros((3, 0, 2)),
}
SCALARS = [(1, "loss/train", 2.5), (2, "loss/train", 1.25), (300, "accuracy", 0.875)]
ARRAYS = {
    "float32": numpy.array([[1.5, -2, 3], [4, 5, 1e-30]], dtype="<f4"),
    "uint8": numpy.array([0, 7, 255], dtype="u1"),
    "int32": numpy.array(-5, dtype="<i4"),
    "int64": numpy.zeros((3, 0, 2), dtype="<i8"),
}


def write_events(path):
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=1e9, file_version="brain.Event:2").SerializeToString())
        for step, tag, value in SCALARS:
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            event = Event(wall_time=1e9 + step, step=step, summary=summary)
            writer.write(event.SerializeToString())


def make():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    save_file(TENSORS, FIXTURES / "types.safetensors", metadata={"format": "pt"})
    write_events(FIXTURES / "events.out.tfevents.python")
    for name, array in ARRAYS.items():
        numpy.save(FIXTURES / f"{name}.npy", array)
    numpy.save(FIXTURES / "columns.npy", numpy.asfortranarray(ARRAYS["float32"]))


def check(folder):
    tensors = load_file(folder / "types.safetensors")
    assert tensors.keys() == TENSORS.keys(), tensors.keys()
    for name, expected in TENSORS.items():
        assert tensors[name].dtype == expected.dtype, name
        assert tensors[name].shape == expected.shape, name
        assert torch.equal(tensors[name], expected), name
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    found = sorted(
        (event.step, tag, event.value)
        for tag in accumulator.Tags()["scalars"]
        for event in accumulator.Scalars(tag))
    assert found == SCALARS, found
    for name, expected in ARRAYS.items():
        array = numpy.load(folder / f"{name}.npy")
        assert array.dtype == expected.dtype and array.shape == expected.shape, name
        assert numpy.array_equal(array, expected), name
    print("interchange: safetensors, tensorboard and numpy read what Ocelli wrote")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make"]: make()
        case ["check", folder]: check(pathlib.Path(folder))
        case _: sys.exit(__doc__)
