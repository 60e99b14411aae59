"""What is measured, one function each: `measure.apart` runs one in a process of its own.

Every function takes the folder of a case (`prepare`) and options, and returns numbers.
"""

import json
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import cases
import numpy as np
from measure import peak_memory, timed

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

Numbers = dict[str, float]


def devices(folder: Path) -> dict[str, str]:
    """Names of the processor and, where torch finds one, of the GPU."""
    import platform

    import torch

    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    names = {"cpu": f"{(named or [platform.processor()])[0]}, PyTorch {torch.__version__}"}
    if torch.cuda.is_available():
        names["cuda"] = f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}"
    return names


def prepare(
    folder: Path, rows: int, columns: int, elements: int, cells_each: list[float], compactness: float | None
) -> Numbers:
    """Write cube, label images and graphs of a case; superpixels of SLIC, or jittered tiles without a compactness."""
    from geohalo.superpixels.graph import build_graph

    cube = cases.write_cube(folder / "cube.npy", rows, columns, elements)
    superpixels = 0
    for scale, size in enumerate(cells_each):
        if compactness is None:
            labels = cases.tiles(rows, columns, size)
        else:
            from geohalo.superpixels.segmentation import segment

            labels = segment(cube, np.ones((rows, columns), bool), -int(-rows * columns // size), compactness)
        superpixels += int(labels.max())
        np.save(folder / f"labels_{scale}.npy", labels)
        np.savez(folder / f"graph_{scale}.npz", **build_graph(labels).arrays())
    return {"superpixels": superpixels}


def graphs(folder: Path, implementation: str, repeats: int = 1) -> Numbers:
    """Internal and external graph of the first scale."""
    labels = np.load(folder / "labels_0.npy")
    if implementation == "plain":
        from plain_graphs import build_graph
    else:
        from geohalo.superpixels.graph import build_graph
    return {"seconds": statistics.median(timed(lambda: build_graph(labels)) for _ in range(repeats))}


def _case(folder: Path) -> tuple[np.ndarray, list[dict[str, np.ndarray]], tuple[int, int]]:
    """Read the memory-mapped cube, the graphs of all scales, and the rows and columns of the map."""
    stored = [dict(np.load(file)) for file in sorted(folder.glob("graph_*.npz"))]
    shape = np.load(folder / "labels_0.npy", mmap_mode="r").shape
    return np.load(folder / "cube.npy", mmap_mode="r"), stored, shape


def _device(name: str) -> Any:
    """Set the device up; returns it and a function that waits for its work."""
    import torch

    device = torch.device(name)
    return device, (partial(torch.cuda.synchronize, device) if device.type == "cuda" else lambda: None)


def _plain(folder: Path, device: Any) -> Any:
    """Make the published run of one member."""
    import torch
    from geohalo.network.definition import TwoBranch, hetero_data
    from geohalo.network.presets import PRESETS
    from plain import PlainRun

    cube, stored, shape = _case(folder)
    labelled = cases.labelled_cells(*shape)
    torch.manual_seed(0)
    network = TwoBranch(cube.shape[1], len(stored), PRESETS["reference"], "fusion")
    return PlainRun(
        network.to(device),
        torch.as_tensor(np.array(cube)).to(device),
        [hetero_data(graph).to(device) for graph in stored],
        train=tuple(torch.as_tensor(a).to(device) for a in (labelled.train, labelled.train_classes)),
        test=tuple(torch.as_tensor(a).to(device) for a in (labelled.test, labelled.test_classes)),
    )


class _Ours:
    """A case as the library sees it: cube, graphs, members."""

    def __init__(self, folder: Path, device: Any, preset: str = "reference", variant: str = "fusion"):
        import torch
        from geohalo.network.encoding import Encoding
        from geohalo.network.presets import PRESETS
        from geohalo.network.scales import ScaleGraph

        _, stored, self.shape = _case(folder)
        # Copy-on-write, so that torch takes the memory-mapped array without a copy.
        self.values = torch.as_tensor(np.load(folder / "cube.npy", mmap_mode="c"))
        self.graphs = [ScaleGraph.from_arrays(graph, device) for graph in stored]
        self.superpixels = sum(graph.n_superpixels for graph in self.graphs)
        self.preset, self.variant, self.device = PRESETS[preset], variant, device
        self.encode = Encoding.of(self.values, self.graphs, self.preset)

    def members(self, numbers: range, evaluated: bool = False, district: int | None = None) -> Any:
        """Members, each with its own draw of labelled cells; evaluated on as many test cells after each step."""
        from geohalo.network.members import Members

        drawn = [cases.labelled_cells(*self.shape, draw=number, district=district) for number in numbers]
        return Members(
            np.array(numbers),
            np.stack([labelled.train for labelled in drawn]),
            np.stack([labelled.train_classes for labelled in drawn]),
            np.zeros((len(drawn), self.shape[0] * self.shape[1]), bool),
            validation_cells=np.stack([labelled.test for labelled in drawn]) if evaluated else None,
            validation_labels=np.stack([labelled.test_classes for labelled in drawn]) if evaluated else None,
        )

    def state(self, members: Any) -> dict:
        """Initial weights."""
        from geohalo.network.engine import initial_members

        sizes = (self.values.shape[1], len(self.graphs), self.preset, self.variant, 2)
        state = initial_members([int(seed) for seed in members.seeds], *sizes)
        return {name: value.to(self.device) for name, value in state.items()}

    def train(self, members: Any, epochs: int, progress: Callable[..., None] = lambda *_: None) -> dict:
        """Train members from the start; returns their weights."""
        from dataclasses import replace

        from geohalo.network.checkpoint import Checkpoint
        from geohalo.network.training import Training, repeatable

        recipe = replace(self.preset, epochs=epochs)
        with repeatable():
            training = Training(
                self.state(members), self.values, self.graphs, self.encode, members, recipe, self.variant
            )
            return training.run(progress, Checkpoint(), "")

    def predict(self, state: dict) -> np.ndarray:
        """Predict the whole map."""
        from geohalo.network.prediction import predict
        from geohalo.network.trained import Trained

        trained = Trained(state, self.values, self.graphs, self.encode, self.preset, self.variant)
        return predict(trained)


def training_step(folder: Path, implementation: str, device: str, steps: int) -> Numbers:
    """One step of training, after a first one that is not counted; for ours the operations counted in a step too."""
    where, wait = _device(device)
    if implementation == "plain":
        run = _plain(folder, where)
        run.step()
        return {"seconds": statistics.median(timed(run.step, wait) for _ in range(steps))} | _gpu_memory(
            where
        )
    import torch
    from geohalo.network import fourier
    from torch.utils.flop_counter import FlopCounterMode

    ours = _Ours(folder, where)
    members = ours.members(range(1))
    ends: list[float] = []

    def progress(*_: object) -> None:
        wait()
        ends.append(perf_counter())

    # The first two steps allocate.
    ours.train(members, steps + 3, progress)
    numbers = {"seconds": float(np.median(np.diff(ends)[2:]))} | _gpu_memory(where)
    # Counted as what the plain network does: convolutions, none of them by frequencies.
    fourier.FEWEST_PIXELS = sys.maxsize
    with FlopCounterMode(display=False) as counter:
        ours.train(members, 1)
    counted = counter.get_flop_counts()["Global"]
    # The counter takes sparse products for dense ones ("mm"); the first layer is the dense one among them.
    dense = sum(count for operator, count in counted.items() if operator is not torch.ops.aten.mm)
    first = 4 * len(ours.values) * (ours.values.shape[1] + 1) * ours.preset.internal[0] * len(ours.graphs)
    return numbers | {"operations": dense + first}


def whole_run(
    folder: Path, implementation: str, device: str, epochs: int, measured: int | None = None
) -> Numbers:
    """Time the published run: steps, each followed by an evaluation on training and test cells.

    Plain: ``measured`` epochs, scaled linearly. Ours: in full, from the stored arrays on.
    """
    where, wait = _device(device)
    if implementation == "plain":
        run = _plain(folder, where)

        def some() -> None:
            for _ in range(measured or epochs):
                run.step()
                run.evaluate()

        return {"seconds": timed(some, wait) * epochs / (measured or epochs)} | _gpu_memory(where)

    def whole() -> None:
        ours = _Ours(folder, where)
        ours.train(ours.members(range(1), evaluated=True), epochs)

    return {"seconds": timed(whole, wait)} | _gpu_memory(where)


def prediction(folder: Path, implementation: str, device: str) -> Numbers:
    """Predict the whole map with one member."""
    where, wait = _device(device)
    if implementation == "plain":
        run = _plain(folder, where)
        predict = run.predict
    else:
        ours = _Ours(folder, where)
        state = ours.state(ours.members(range(1)))
        predict = partial(ours.predict, state)
    predict()
    return {"seconds": timed(predict, wait)} | _gpu_memory(where)


def members(
    folder: Path, together: bool, preset: str, variant: str, count: int, epochs: int, device: str
) -> Numbers:
    """Train members together, or the same ones one after another."""
    where, wait = _device(device)
    ours = _Ours(folder, where, preset, variant)
    ours.train(ours.members(range(1)), 1)
    parts = [range(count)] if together else [range(k, k + 1) for k in range(count)]
    return {
        "seconds": timed(lambda: [ours.train(ours.members(part), epochs) for part in parts], wait)
    } | _gpu_memory(where)


def size(folder: Path, device: str, district: int | None) -> Numbers:
    """Lay out the graphs, train one member and predict the whole map with the default preset."""
    import torch

    where, wait = _device(device)
    start = perf_counter()
    ours = _Ours(folder, where, "default")
    wait()
    numbers = {"layout": perf_counter() - start, "superpixels": ours.superpixels}
    members = ours.members(range(1), district=district)
    state: dict = {}
    train = partial(ours.train, members, ours.preset.epochs)
    numbers["training"] = timed(lambda: state.update(train()), wait)
    numbers["memory of training"] = peak_memory()
    numbers["prediction"] = timed(lambda: ours.predict(state), wait)
    numbers |= _gpu_memory(where) or {"peak": peak_memory()}
    cells = torch.as_tensor(members.cells[0]).to(where)
    fields = [graph.within(torch.unique(graph.superpixel[cells].long()), 2) for graph in ours.graphs]
    pairs = zip(ours.graphs, fields, strict=True)
    return numbers | {"field": sum(int(torch.diff(graph.start)[field].sum()) for graph, field in pairs)}


def _gpu_memory(device: Any) -> Numbers:
    """Peak memory of the GPU in GB, in place of the process's."""
    import torch

    return {"peak": torch.cuda.max_memory_allocated(device) / 1e9} if device.type == "cuda" else {}


def gemm(folder: Path, device: str, size: int = 4096) -> Numbers:
    """Rate of a square float32 matrix product, and of the convolutions of a training step at 800 cells, in GFLOP/s."""
    import torch

    where, wait = _device(device)
    a, b = (torch.randn(size, size, device=where) for _ in range(2))
    numbers = {"gemm": 2 * size**3 / _best(lambda: a @ b, wait) / 1e9}
    kernels, channels, positions = (10, 10, 11, 11), (1, 128, 256, 64, 32), 39
    cells = 2 * cases.PER_CLASS
    forward = backward = operations = 0.0
    layers = []
    for kernel, incoming, outgoing in zip(kernels, channels[:-1], channels[1:], strict=True):
        x = torch.randn(cells, incoming, positions, device=where, requires_grad=True)
        conv = torch.nn.Conv1d(incoming, outgoing, kernel, device=where)
        layers.append((conv.weight, conv.bias))
        out = conv(x)
        positions = out.shape[2]
        operations += 2 * out.shape[0] * positions * incoming * outgoing * kernel
        gradient = torch.randn_like(out)
        inputs = (x, conv.weight, conv.bias)
        with torch.no_grad():
            forward += _best(partial(conv, x), wait)
        backward += _best(partial(torch.autograd.grad, out, inputs, gradient, retain_graph=True), wait)
    numbers["convolutions forward"] = operations / forward / 1e9
    numbers["convolutions backward"] = 2 * operations / backward / 1e9
    numbers["convolution seconds"] = forward + backward
    if where.type == "cpu":
        numbers |= _by_frequency(layers, [(kernel, 1) for kernel in kernels], channels[1:], cells)
    return numbers


def _by_frequency(
    layers: list, kernels: list[tuple[int, int]], channels: tuple[int, ...], cells: int
) -> Numbers:
    """Time the spectrum branch by frequencies, there and back, with all threads and with one."""
    import torch
    from geohalo.network.fourier import convolutions, layers_by_frequency

    elements = 1 + sum(size - 1 for size, _ in kernels)
    fast = layers_by_frequency(cells, elements, channels, kernels)
    x, weights = torch.randn(cells, elements), [part for layer in layers for part in layer]

    def there_and_back() -> None:
        out = convolutions(x, layers, [1] * len(kernels), fast)
        torch.autograd.grad(out, weights, torch.ones_like(out))

    threads = torch.get_num_threads()
    numbers = {"seconds by frequency": _best(there_and_back, lambda: None)}
    torch.set_num_threads(1)
    numbers["seconds by frequency, one thread"] = _best(there_and_back, lambda: None)
    torch.set_num_threads(threads)
    return numbers


def _best(function: Callable[[], object], wait: Callable[[], None], repeats: int = 5) -> float:
    function()
    return min(timed(function, wait) for _ in range(repeats))


def main() -> None:
    """Run one measurement: name, folder, options as JSON; its numbers are the last line, as JSON."""
    name, folder, options = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    threads = options.pop("threads", 0)
    if threads and name not in ("prepare", "graphs"):
        import torch

        torch.set_num_threads(threads)
    found = globals()[name](folder, **options)
    if name != "devices":
        found.setdefault("peak", peak_memory())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
