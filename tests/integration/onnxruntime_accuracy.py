"""Test accuracy of ONNX models in onnxruntime, on the decoded images of a data set (FORMATS.md, its cache file).

Usage: PYTHONPATH=.deps/onnxruntime /usr/bin/python3 tests/integration/onnxruntime_accuracy.py IMAGES.safetensors MODEL.onnx ...
"""
import json
import pathlib
import struct
import sys

import numpy

from onnxruntime_logits import Model

BATCH = 500


def test_images(path):
    with open(path, "rb") as file:
        (header_bytes,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(header_bytes))

    def tensor(name, kind):
        entry = header[name]
        return numpy.memmap(path, kind, "r", 8 + header_bytes + entry["data_offsets"][0], tuple(entry["shape"]))

    first = int(header["__metadata__"]["training_samples"])
    return tensor("images", numpy.uint8)[first:], tensor("labels", numpy.int64)[first:]


images, labels = test_images(pathlib.Path(sys.argv[1]))
for path in sys.argv[2:]:
    model = Model(path)
    predicted = [model(images[i:i + BATCH]).argmax(1) for i in range(0, len(images), BATCH)]
    correct = int((numpy.concatenate(predicted) == labels).sum())
    print(f"{path}: {correct} of {len(labels)} correct, test accuracy {100 * correct / len(labels):.2f} %")
