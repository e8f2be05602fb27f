"""Runs ONNX models in onnxruntime, as a user of an exported file would: by what the file says about itself.

Usage: onnxruntime_logits.py MODEL.onnx ...
For each model MODEL.pixels holds images, one byte a pixel; MODEL.logits, float32, is written.
"""
import json
import pathlib
import sys

import numpy
import onnxruntime


class Model:
    """An exported model: pixels, uint8 (images, channels, height, width), to logits (images, categories)."""

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        (self.input,) = self.session.get_inputs()
        self.metadata = self.session.get_modelmeta().custom_metadata_map
        self.image_shape = json.loads(self.metadata["input_shape"])

    def per_channel(self, key):
        return numpy.array(json.loads(self.metadata[key]), numpy.float32).reshape(-1, 1, 1)

    def __call__(self, pixels):
        batch = pixels
        if self.metadata["normalisation_in_graph"] == "false":
            batch = (pixels.astype(numpy.float32) / 255 - self.per_channel("mean")) / self.per_channel("deviation")
        (logits,) = self.session.run(["logits"], {self.input.name: batch})
        return logits


if __name__ == "__main__":
    for path in map(pathlib.Path, sys.argv[1:]):
        model = Model(path)
        pixels = numpy.fromfile(path.with_suffix(".pixels"), numpy.uint8).reshape(-1, *model.image_shape)
        model(pixels).tofile(path.with_suffix(".logits"))
