#!/usr/bin/env python3
"""The small golden case: method.md on an MLP 784-12-7-10 and Fashion-MNIST, in float64, with Python's standard library.

    python3 reference.py train     makes model.safetensors (float32): a few epochs of plain SGD
    python3 reference.py expect    computes what tests/golden/golden_test.cpp compares the program with

Both read the files of Debian's package dataset-fashion-mnist; `expect` takes about a minute. Nothing here shares code
with the program: every formula is written out from method.md, sections 2 to 5, as loops over samples and units. The
files have the layout of the large case (golden/README.md beside the shared data), so one test reads both:

    golden.json              data set, samples used, accuracy of the whole network
    scores.safetensors       <layer>/<metric>, <layer>/<metric>/global, .../taylor.batch, .../deeplift.mean
    similarity.safetensors   <layer>/<metric>, curves for every k; <layer>/<metric>/centered
    slices.json              kept units, k, rescued layers, accuracy and compression rate

It prints how far the closest decision is from going the other way; those margins must stay well above float32's
rounding, or the test would compare coin tosses.
"""
import gzip
import json
import math
import random
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = Path("/usr/share/datasets/fashion-mnist")
WIDTHS = [784, 12, 7, 10]
LAYERS = ["fc1", "fc2"]
SCORE_SAMPLES = 20
SIMILARITY_SAMPLES = 12
METRICS = ["avg", "var", "ens", "deeplift", "taylor"]
THRESHOLDS = ["0.50", "0.80", "0.90", "0.95", "0.99"]
PERCENTAGES = ["10", "30", "50", "80", "100"]


# ---- Files ----

def read_images(name):
    data = gzip.open(DATA / name).read()
    _, count, height, width = struct.unpack(">4i", data[:16])
    size = height * width
    return [data[16 + i * size:16 + (i + 1) * size] for i in range(count)]


def read_labels(name):
    return list(gzip.open(DATA / name).read()[8:])


def write_safetensors(path, tensors, dtype):
    """tensors: name -> (shape, flat values)."""
    header, data = {}, b""
    for name in sorted(tensors):
        shape, values = tensors[name]
        packed = struct.pack(f"<{len(values)}{'d' if dtype == 'F64' else 'f'}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_model():
    """[(weight rows, bias)] of every layer."""
    raw = (HERE / "model.safetensors").read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header, data = json.loads(raw[8:8 + length]), raw[8 + length:]

    def values(name):
        begin, end = header[name]["data_offsets"]
        return list(struct.unpack(f"<{(end - begin) // 4}f", data[begin:end]))

    layers = []
    for i, inputs in enumerate(WIDTHS[:-1], 1):
        flat = values(f"fc{i}.weight")
        layers.append(([flat[r:r + inputs] for r in range(0, len(flat), inputs)], values(f"fc{i}.bias")))
    return layers


# ---- The network ----

def affine(layer, x):
    weight, bias = layer
    return [b + sum(map(float.__mul__, row, x)) for row, b in zip(weight, bias)]


def relu(z):
    return [v if v > 0 else 0.0 for v in z]


def transposed(layer, g):
    """W^T g"""
    weight, _ = layer
    return [sum(g[o] * weight[o][i] for o in range(len(g))) for i in range(len(weight[0]))]


def trace(layers, x):
    """z and a of every layer; the last a are the logits."""
    zs, values = [], []
    for i, layer in enumerate(layers):
        z = affine(layer, values[-1] if values else x)
        zs.append(z)
        values.append(z if i == len(layers) - 1 else relu(z))
    return zs, values


def softmax(logits):
    top = max(logits)
    e = [math.exp(v - top) for v in logits]
    return [v / sum(e) for v in e]


def pixels(image):
    return [p / 255 for p in image]


# ---- Training ----

def train():
    images, labels = read_images("train-images-idx3-ubyte.gz"), read_labels("train-labels-idx1-ubyte.gz")
    draw = random.Random(3)
    layers = []
    for inputs, outputs in zip(WIDTHS, WIDTHS[1:]):
        bound = 1 / math.sqrt(inputs)
        layers.append(([[draw.uniform(-bound, bound) for _ in range(inputs)] for _ in range(outputs)],
                       [draw.uniform(-bound, bound) for _ in range(outputs)]))
    layers[0][0][5], layers[0][1][5] = [0.0] * 784, -1.0  # a dead unit; no gradient ever reaches it
    order = list(range(6000))
    for epoch in range(8):
        rate = 0.03 * (1 - epoch / 8)
        draw.shuffle(order)
        hits = 0
        for index in order:
            x = pixels(images[index])
            zs, values = trace(layers, x)
            hits += values[-1].index(max(values[-1])) == labels[index]
            g = softmax(values[-1])
            g[labels[index]] -= 1
            for l in (2, 1, 0):
                weight, bias = layers[l]
                below = [v if z > 0 else 0.0 for v, z in zip(transposed(layers[l], g), zs[l - 1])] if l else None
                inputs = values[l - 1] if l else x
                touched = [(i, v) for i, v in enumerate(inputs) if v != 0]
                for o, go in enumerate(g):
                    if go == 0:
                        continue
                    row, step = weight[o], rate * go
                    bias[o] -= step
                    for i, v in touched:
                        row[i] -= step * v
                g = below
        print(f"epoch {epoch + 1}: {hits / len(order):.3f}")
    tensors = {}
    for i, (weight, bias) in enumerate(layers, 1):
        tensors[f"fc{i}.weight"] = ([len(weight), len(weight[0])], [v for row in weight for v in row])
        tensors[f"fc{i}.bias"] = ([len(bias)], bias)
    write_safetensors(HERE / "model.safetensors", tensors, "F32")


# ---- Section 2: scores ----

def mean(values):
    return math.fsum(values) / len(values)


def variance(values):
    centre = mean(values)
    return mean([(v - centre) ** 2 for v in values])


def scaled(values):
    low, high = min(values), max(values)
    return [(v - low) / (high - low) if high > low else 0.0 for v in values]


def sensitivities(layers, zs, values, label):
    """z * dL/dz of every unit of both layers, L the cross entropy of this sample."""
    g = softmax(values[-1])
    g[label] -= 1
    result = [None, None]
    for l in (1, 0):
        g = [v if z > 0 else 0.0 for v, z in zip(transposed(layers[l + 1], g), zs[l])]
        result[l] = [z * v for z, v in zip(zs[l], g)]
    return result


def attributions(layers, at_x, at_baseline, target):
    """(a - a0) * multiplier of every unit of both layers to the logit `target`, by the rescale rule."""
    (zs, values), (zs0, values0) = at_x, at_baseline
    m = [1.0 if o == target else 0.0 for o in range(10)]
    result = [None, None]
    for l in (1, 0):
        m = transposed(layers[l + 1], m)
        result[l] = [(a - a0) * v for a, a0, v in zip(values[l], values0[l], m)]
        for n in range(len(m)):
            dz = zs[l][n] - zs0[l][n]
            m[n] *= (values[l][n] - values0[l][n]) / dz if abs(dz) >= 1e-10 else float(zs[l][n] > 0)
    return result


def score_row(samples, l):
    """Every metric's row of units from the per-sample records of some samples."""
    columns = {key: list(zip(*[s[key][l] for s in samples])) for key in ("value", "deeplift", "deeplift.mean", "s")}
    row = {"avg": [mean(c) for c in columns["value"]], "var": [variance(c) for c in columns["value"]],
           "deeplift": [mean(c) for c in columns["deeplift"]],
           "deeplift.mean": [mean(c) for c in columns["deeplift.mean"]],
           "taylor": [mean([v * v for v in c]) for c in columns["s"]],
           "taylor.batch": [mean(c) ** 2 for c in columns["s"]]}
    row["ens"] = [(a + v) / 2 for a, v in zip(scaled(row["avg"]), scaled(row["var"]))]
    return row


def score(layers, images, chosen):
    """scores[layer][metric] = (rows by category, global row); records[category] for the similarities."""
    inputs = [[pixels(images[i]) for i in of_category] for of_category in chosen]
    flat = [x for of_category in inputs for x in of_category]
    at_zero = trace(layers, [0.0] * 784)
    at_mean = trace(layers, [mean(column) for column in zip(*flat)])
    records = []
    for category, xs in enumerate(inputs):
        records.append([])
        for x in xs:
            at_x = trace(layers, x)
            records[-1].append({"value": at_x[1], "s": sensitivities(layers, *at_x, category),
                                "deeplift": attributions(layers, at_x, at_zero, category),
                                "deeplift.mean": attributions(layers, at_x, at_mean, category)})
    scores = {}
    for l, layer in enumerate(LAYERS):
        by_category = [score_row(samples, l) for samples in records]
        overall = score_row([s for samples in records for s in samples], l)
        scores[layer] = {m: ([row[m] for row in by_category], overall[m]) for m in overall}
    return scores, records


# ---- Section 3: Algorithm 1 as it is written ----

def gram(features, units):
    return [[sum(a[u] * b[u] for u in units) for b in features] for a in features]


def centred(k):
    rows = [mean(row) for row in k]
    grand = mean(rows)
    return [[k[i][j] - rows[i] - rows[j] + grand for j in range(len(k))] for i in range(len(k))]


def product(a, b):
    return math.fsum(x * y for p, q in zip(a, b) for x, y in zip(p, q))


def curve(features, order, centre):
    def matrix(units):
        plain = gram(features, units)
        k = centred(plain) if centre else plain
        norm = math.sqrt(product(k, k))
        return k, norm if norm > 1e-12 * math.sqrt(product(plain, plain)) else 0.0

    whole, whole_norm = matrix(order)
    result = []
    for k in range(len(order) + 1):
        part, norm = matrix(order[:k])
        if whole_norm == 0:
            result.append(1.0)
        else:
            result.append(product(part, whole) / (norm * whole_norm) if norm > 0 else 0.0)
    return result


def ranked(row):
    return sorted(range(len(row)), key=lambda unit: (-row[unit], unit))


# ---- Sections 4 and 5: slices, accuracy, compression rate ----

def parameters(widths):
    return sum(o * (i + 1) for i, o in zip(widths, widths[1:]))


class Judge:
    """Test accuracy of masked networks; the first layer's z are computed once."""

    def __init__(self, layers):
        images, self.labels = read_images("t10k-images-idx3-ubyte.gz"), read_labels("t10k-labels-idx1-ubyte.gz")
        self.layers = layers
        self.first = [relu(affine(layers[0], pixels(image))) for image in images]
        self.closest = math.inf

    def accuracy(self, kept):
        keep = [[float(u in kept[layer]) for u in range(WIDTHS[l + 1])] for l, layer in enumerate(LAYERS)]
        hits = 0
        for a, label in zip(self.first, self.labels):
            b = relu(affine(self.layers[1], [v * m for v, m in zip(a, keep[0])]))
            logits = affine(self.layers[2], [v * m for v, m in zip(b, keep[1])])
            best = logits.index(max(logits))
            hits += best == label
            if best == label or logits[label] == max(logits):
                rivals = sorted(logits)[-2:]
                self.closest = min(self.closest, rivals[1] - rivals[0])
            else:
                self.closest = min(self.closest, logits[best] - logits[label])
        return hits / len(self.labels)


def describe(judge, kept, scores, metric, ks=None):
    rescued = []
    for layer in LAYERS:
        if not kept[layer]:
            kept[layer] = [ranked(scores[layer][metric][1])[0]]
            rescued.append(layer)
    count = parameters([784, len(kept["fc1"]), len(kept["fc2"]), 10])
    result = {"layers": kept, "rescued": rescued, "accuracy": judge.accuracy(kept), "parameters": count,
              "cr": 1 - count / parameters(WIDTHS)}
    return {**result, "k": ks} if ks else result


def union(scores, layer, metric, counts):
    return sorted({u for row, k in zip(scores[layer][metric][0], counts) for u in ranked(row)[:k]})


def semantic(judge, scores, curves, metric, threshold, interval):
    ks, kept = {}, {}
    for layer in LAYERS:
        ks[layer] = []
        for values in curves[f"{layer}/{metric}"]:
            last = len(values) - 1
            tried = list(range(0, last, interval)) + [last]
            ks[layer].append(next((k for k in tried if values[k] >= threshold), last))
        kept[layer] = union(scores, layer, metric, ks[layer])
    return describe(judge, kept, scores, metric, ks)


def share(count, percent):
    return -(-count * percent // 100)


def by_percent(judge, scores, metric, percent, by_category):
    kept = {}
    for l, layer in enumerate(LAYERS):
        count = share(WIDTHS[l + 1], percent)
        if by_category:
            kept[layer] = union(scores, layer, metric, [count] * 10)
        else:
            kept[layer] = sorted(ranked(scores[layer][metric][1])[:count])
    return describe(judge, kept, scores, metric)


def expect():
    layers = read_model()
    images, labels = read_images("train-images-idx3-ubyte.gz"), read_labels("train-labels-idx1-ubyte.gz")
    chosen = [[i for i, label in enumerate(labels) if label == c][:SCORE_SAMPLES] for c in range(10)]
    scores, records = score(layers, images, chosen)

    tensors, curves = {}, {}
    for l, layer in enumerate(LAYERS):
        for metric, (rows, overall) in scores[layer].items():
            tensors[f"{layer}/{metric}"] = ([10, WIDTHS[l + 1]], [v for row in rows for v in row])
            tensors[f"{layer}/{metric}/global"] = ([WIDTHS[l + 1]], overall)
        for metric in METRICS:
            for centre in (False, True):
                name = f"{layer}/{metric}" + ("/centered" if centre else "")
                curves[name] = [curve([s["value"][l] for s in samples[:SIMILARITY_SAMPLES]], ranked(row), centre)
                                for samples, row in zip(records, scores[layer][metric][0])]
    judge = Judge(layers)
    everything = {layer: list(range(WIDTHS[l + 1])) for l, layer in enumerate(LAYERS)}
    accuracy = judge.accuracy(everything)
    slices = {
        "semantic": {m: {t: semantic(judge, scores, curves, m, float(t), 1) for t in THRESHOLDS} for m in METRICS},
        "semantic_interval10": {m: {t: semantic(judge, scores, curves, m, float(t), 10) for t in THRESHOLDS[2:4]}
                                for m in METRICS},
        "global": {m: {p: by_percent(judge, scores, m, int(p), False) for p in PERCENTAGES} for m in METRICS},
        "category": {m: {p: by_percent(judge, scores, m, int(p), True) for p in PERCENTAGES[:4]} for m in METRICS}}

    golden = {"dataset": {"name": "Fashion-MNIST"}, "parameters": parameters(WIDTHS), "accuracy": accuracy,
              "score_samples": {"per_category": SCORE_SAMPLES, "indices": chosen},
              "similarity_samples": {"per_category": SIMILARITY_SAMPLES}}
    write_safetensors(HERE / "scores.safetensors", tensors, "F64")
    write_safetensors(HERE / "similarity.safetensors",
                      {name: ([10, len(rows[0])], [v for row in rows for v in row]) for name, rows in curves.items()},
                      "F64")
    for name, value in (("golden.json", golden), ("slices.json", slices)):
        (HERE / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")
    print_margins(scores, curves, judge, accuracy)


def print_margins(scores, curves, judge, accuracy):
    crossing = min(abs(v - float(t)) for name, rows in curves.items() if "centered" not in name
                   for row in rows for v in row for t in THRESHOLDS)
    ranks = math.inf
    for layer in LAYERS:
        for metric in METRICS:
            for row in scores[layer][metric][0] + [scores[layer][metric][1]]:
                ordered = sorted(row)
                for a, b in zip(ordered, ordered[1:]):
                    # Rounding is relative to the score itself, or to the largest where terms of both signs cancel.
                    size = max(map(abs, row)) if metric in ("deeplift", "ens") else b
                    if a != b:  # units that are dead on all samples tie exactly, and ties go by index
                        ranks = min(ranks, (b - a) / size)
    print(f"accuracy {accuracy}; closest curve value to a threshold {crossing:.1e}, closest ranks {ranks:.1e}, "
          f"closest logits {judge.closest:.1e}")


if __name__ == "__main__":
    {"train": train, "expect": expect}[sys.argv[1]]()
