"""Runs ONNX models in onnxruntime, as a user of an exported file would: by what the file says about itself.

Usage: onnxruntime_logits.py MODEL.onnx ...
For each model MODEL.pixels holds images, one byte a pixel; MODEL.logits, float32, is written.
"""
import json
import pathlib
import sys

import numpy
import onnxruntime


def normalised(pixels, metadata):
    mean, deviation = (numpy.array(json.loads(metadata[key]), numpy.float32) for key in ("mean", "deviation"))
    return (pixels.astype(numpy.float32) / 255 - mean.reshape(-1, 1, 1)) / deviation.reshape(-1, 1, 1)


for path in map(pathlib.Path, sys.argv[1:]):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (model_input,) = session.get_inputs()
    metadata = session.get_modelmeta().custom_metadata_map
    batch = numpy.fromfile(path.with_suffix(".pixels"), numpy.uint8).reshape(-1, *model_input.shape[1:])
    if metadata["normalisation_in_graph"] == "false":
        batch = normalised(batch, metadata)
    (logits,) = session.run(["logits"], {model_input.name: batch})
    logits.tofile(path.with_suffix(".logits"))
