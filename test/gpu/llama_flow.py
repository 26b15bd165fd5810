"""Measures what llama.cpp takes on one GPU, and on each of two, as JSON lines.

``npm run bench:plan`` scores them once they are ``test/fixtures/plan/llama_measured_h100.jsonl``.

Needs a CUDA build of llama-cpp-python. The files that it loads have a true header and no weights:
their tensors are holes, so that nothing is downloaded and little is written. Run it on two
otherwise idle GPUs of 80 GB::

    python test/gpu/llama_flow.py > llama_measured_h100.jsonl

Every measurement has a process of its own. Names of models after it measure only those. With
``--dry``, nothing is loaded, and llama.cpp is asked for the compute buffers that it would make, of
every model with several contexts.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from configs import moe, sizes
from gguf_holes import write_gguf

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from jupyterlab_vram.nvidia import smi
from jupyterlab_vram.nvidia.types import DriverError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What is prefilled: llama.cpp's own batch, in which it computes 512 tokens at once.
BATCH_TOKENS = 2048
MIB = 1 << 20
#: As in ``CUDA0 KV buffer size = 64.00 MiB``; a window's cache has a line of its own.
BUFFER = re.compile(r"(\w+)\s+(model|KV|RS|compute) buffer size\s*=\s*([\d.]+) MiB")


class Subject(NamedTuple):
    """A model, how its matrices are stored, the context, and the layers of each GPU."""

    model: str
    config: dict[str, Any]
    format: str
    context: int
    tensor_split: tuple[int, ...]


# The shapes are those of public configs.
CONFIGS: dict[str, dict[str, Any]] = {
    "Llama-3.1-8B": {"model_type": "llama"} | sizes(4096, 14336, 32, 32, 8, 128256),
    "Llama-3.1-70B": {"model_type": "llama"} | sizes(8192, 28672, 80, 64, 8, 128256),
    "Mistral-7B": {"model_type": "mistral", "sliding_window": None}
    | sizes(4096, 14336, 32, 32, 8, 32768),
    "Qwen2.5-72B": {"model_type": "qwen2"} | sizes(8192, 29568, 80, 64, 8, 152064),
    "Qwen2.5-7B": {"model_type": "qwen2"} | sizes(3584, 18944, 28, 28, 4, 152064),
    "Qwen2.5-32B": {"model_type": "qwen2"} | sizes(5120, 27648, 64, 40, 8, 152064),
    "Phi-4": {"model_type": "phi3", "sliding_window": None}
    | sizes(5120, 17920, 40, 40, 10, 100352),
    "Qwen3-4B": {"model_type": "qwen3", "head_dim": 128, "tie_word_embeddings": True}
    | sizes(2560, 9728, 36, 32, 8, 151936),
    "Qwen3-32B": {"model_type": "qwen3", "head_dim": 128} | sizes(5120, 25600, 64, 64, 8, 151936),
    "Qwen3-30B-A3B": {
        "model_type": "qwen3_moe",
        "head_dim": 128,
    }
    | moe(128, 8, 768)
    | sizes(2048, 6144, 48, 32, 4, 151936),
    "Mixtral-8x7B": {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2}
    | sizes(4096, 14336, 32, 32, 8, 32000),
    "Mixtral-8x22B": {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2}
    | sizes(6144, 16384, 56, 48, 8, 32768),
    "Gemma-2-9B": {
        "model_type": "gemma2",
        "head_dim": 256,
        "sliding_window": 4096,
        "tie_word_embeddings": True,
    }
    | sizes(3584, 14336, 42, 16, 8, 256000),
    "Gemma-3-12B": {
        "model_type": "gemma3_text",
        "head_dim": 256,
        "sliding_window": 1024,
        "tie_word_embeddings": True,
    }
    | sizes(3840, 15360, 48, 16, 8, 262208),
    "Gemma-3-27B": {
        "model_type": "gemma3_text",
        "head_dim": 128,
        "sliding_window": 1024,
        "tie_word_embeddings": True,
    }
    | sizes(5376, 21504, 62, 32, 16, 262208),
}


def splits(config: dict[str, Any]) -> list[tuple[int, ...]]:
    """All layers on one GPU; halves; and three quarters on the second. The output is one more."""
    count = config["num_hidden_layers"] + 1
    return [(count,), *((first, count - first) for first in (count // 2, count // 4))]


def subjects() -> Iterator[Subject]:
    """What is measured: alone and in halves; and what fits on two only."""
    for model, stored, context in (
        ("Llama-3.1-8B", "Q8_0", 8192),
        ("Mistral-7B", "Q4_0", 32768),
        ("Qwen3-4B", "F16", 4096),
        ("Qwen3-32B", "Q4_0", 16384),
        ("Qwen3-30B-A3B", "Q8_0", 8192),
        ("Mixtral-8x7B", "Q4_0", 4096),
        ("Gemma-3-12B", "Q8_0", 32768),
        ("Gemma-2-9B", "Q4_0", 8192),
        ("Qwen2.5-7B", "F16", 16384),
        ("Phi-4", "Q8_0", 16384),
        ("Qwen2.5-32B", "Q4_0", 32768),
    ):
        for split in splits(CONFIGS[model]):
            yield Subject(model, CONFIGS[model], stored, context, split)
    for model, stored, context, first in (
        ("Llama-3.1-70B", "Q8_0", 65536, 41),
        ("Qwen2.5-72B", "F16", 32768, 41),
        ("Mixtral-8x22B", "Q8_0", 16384, 29),
        ("Gemma-3-27B", "F16", 131072, 32),
    ):
        config = CONFIGS[model]
        split = (first, config["num_hidden_layers"] + 1 - first)
        yield Subject(model, config, stored, context, split)


def dry_subjects() -> Iterator[Subject]:
    """Every model with several contexts."""
    for model, config in CONFIGS.items():
        for context in (512, 4096, 32768):
            for split in splits(config):
                yield Subject(model, config, "Q8_0", context, split)


def ask_driver(field: str) -> list[str]:
    """A field of each GPU, as ``nvidia-smi`` has it; nothing where there is none."""
    try:
        return smi.run(f"--query-gpu={field}", "--format=csv,noheader,nounits").splitlines()
    except DriverError:
        return []


def used_bytes() -> list[int]:
    """What the driver says is used on each GPU."""
    return [int(line) * MIB for line in ask_driver("memory.used")]


def version() -> str:
    """The bindings' own version, without loading the library."""
    from importlib.util import find_spec

    found = find_spec("llama_cpp")
    head = Path(found.origin).read_text() if found and found.origin else ""
    match = re.search(r'__version__ = "(.+)"', head)
    return match[1] if match else "unknown"


def load(path: str, subject: Subject, dry: bool) -> None:
    """Load, make a context, compute one batch; what llama.cpp says goes to stderr."""
    import ctypes

    import llama_cpp as llama

    llama.llama_backend_init()
    params = llama.llama_model_default_params()
    params.n_gpu_layers = 999
    if dry:
        params.no_alloc = True
        params.load_mode = llama.LLAMA_LOAD_MODE_NONE
        params.use_extra_bufts = False
    split = (ctypes.c_float * llama.llama_max_devices())(*subject.tensor_split)
    params.tensor_split = split
    model = llama.llama_model_load_from_file(path.encode(), params)
    if not model:
        raise SystemExit("llama.cpp could not load the file")
    options = llama.llama_context_default_params()
    options.n_ctx = subject.context
    options.n_batch = BATCH_TOKENS
    # As in llama-cli: layers with a window keep no more than it.
    options.swa_full = False
    context = llama.llama_init_from_model(model, options)
    if not context:
        raise SystemExit("llama.cpp could not make the context")
    used = used_bytes()
    if not dry:
        tokens = (ctypes.c_int32 * BATCH_TOKENS)(*range(BATCH_TOKENS))
        if llama.llama_decode(context, llama.llama_batch_get_one(tokens, BATCH_TOKENS)) != 0:
            raise SystemExit("llama.cpp could not compute the batch")
        llama.llama_synchronize(context)
    print(json.dumps({"with_context": used, "after_prefill": used_bytes()}), flush=True)
    os._exit(0)


def buffers(log: str) -> dict[str, dict[str, int]]:
    """The bytes of each device's buffers: model, KV, RS (recurrent states), compute."""
    found: dict[str, dict[str, int]] = {}
    for device, kind, mib in BUFFER.findall(log):
        of_device = found.setdefault(device, {})
        # The cache is made in parts; the compute buffer may be told of again.
        before = of_device.get(kind, 0) if kind != "compute" else 0
        of_device[kind] = before + round(float(mib) * MIB)
    return found


def measure(subject: Subject, folder: Path, dry: bool) -> dict[str, Any]:
    path = folder / f"{subject.model}-{subject.format}.gguf"
    if not path.exists():
        write_gguf(path, subject.config, subject.format)
    before = used_bytes()
    visible = ",".join(str(index) for index in range(len(subject.tensor_split)))
    command = [sys.executable, __file__, "--load", str(path), json.dumps(subject)]
    ended = subprocess.run(
        command + ["--dry"] * dry,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": visible, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"},
    )
    if ended.returncode != 0:
        print(ended.stderr[-4000:], file=sys.stderr)
    row = {
        **subject._asdict(),
        "file_bytes": path.stat().st_size,
        "buffers": buffers(ended.stderr),
        "pipeline": "pipeline parallelism enabled" in ended.stderr,
    }
    if ended.returncode == 0 and before and not dry:
        for key, used in json.loads(ended.stdout.splitlines()[-1]).items():
            grown = [now - then for now, then in zip(used, before)]
            row[f"used_{key}"] = grown[: len(subject.tensor_split)]
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--load", nargs=2)
    asked = parser.parse_args()
    if asked.load:
        path, given = asked.load
        load(path, Subject(*json.loads(given)), asked.dry)
        return
    print(json.dumps({"machine": ask_driver("name"), "llama_cpp_python": version()}), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for subject in dry_subjects() if asked.dry else subjects():
            if not asked.models or subject.model in asked.models:
                print(json.dumps(measure(subject, Path(folder), asked.dry)), flush=True)


if __name__ == "__main__":
    main()
