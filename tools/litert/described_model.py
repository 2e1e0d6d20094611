#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A model with metadata by TensorFlow Lite's own library: Tests/Fixtures/described.tflite.

usage: described_model.py FILE             writes it
       described_model.py --check FILE...  shows what that library reads from files that Ocelli wrote

The model classifies by colour: the mean of each channel over an image of 8 x 8 pixels.
Made with tflite-support 0.4.4 and ai-edge-litert 2.3.0, which do not run in the other oracles' Python.
"""
import pathlib
import sys
import tempfile

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from single_operator import OPERATORS, Builder
from tensorflow_lite_support.metadata.python import metadata
from tensorflow_lite_support.metadata.python.metadata_writers import image_classifier

LABELS = "red\ngreen\nblue\n"


def colors():
    b = Builder()
    scale, zero = np.float32(1 / 127.5), -1
    x = b.tensor((1, 8, 8, 3), np.int8, None, scale, zero)
    axes = b.tensor((2,), np.int32, np.array((1, 2), np.int32))
    y = b.tensor((1, 3), np.int8, None, scale, zero)
    return b.finish(OPERATORS.MEAN, 2, [x, axes], [y], 27, schema.ReducerOptionsT())


def main():
    if sys.argv[1] == "--check":
        for path in sys.argv[2:]:
            displayer = metadata.MetadataDisplayer.with_model_file(path)
            print(displayer.get_metadata_json())
            for name in displayer.get_packed_associated_file_list():
                print(name, displayer.get_associated_file_buffer(name))
        return
    with tempfile.TemporaryDirectory() as folder:
        labels = pathlib.Path(folder, "colours.txt")
        labels.write_text(LABELS)
        writer = image_classifier.MetadataWriter.create_for_inference(
            bytearray(colors()), [127.5], [127.5], [str(labels)])
        pathlib.Path(sys.argv[1]).write_bytes(writer.populate())


if __name__ == "__main__":
    main()
