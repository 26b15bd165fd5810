"""Measures what models take that ``device_map="auto"`` spreads over two GPUs, as JSON lines.

``npm run bench:plan`` scores them once they are ``test/fixtures/plan/split_measured_h100.jsonl``.

Needs a CUDA build of torch, transformers 5 and accelerate. Weights are random, and nothing is
downloaded. Run it on two otherwise idle GPUs of 80 GB::

    python test/gpu/split_flow.py > split_measured_h100.jsonl

It stops by itself after eight minutes; ``--seconds`` changes that, and names of families after it
measure only those. ``--dry`` only says where the layers would go, and needs no GPU.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from typing import Any

import torch
import transformers
from configs import moe, sizes
from fit_flow import emit
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.integrations.accelerate import _get_device_map

GIB = 1 << 30
GPUS = (0, 1)
CONTEXTS = (512, 4096)

# Name, config, GiB of each GPU. The shapes are those of public configs; the ones named "(n layers)"
# are cut to fit.
Subject = tuple[str, dict, tuple[float, float]]

MODELS: list[Subject] = [
    (
        "Qwen3-4B",
        {"model_type": "qwen3", "head_dim": 128, "tie_word_embeddings": True}
        | sizes(2560, 9728, 36, 32, 8, 151936),
        (4, 8),
    ),
    (
        "Llama-3.1-70B",
        {"model_type": "llama"} | sizes(8192, 28672, 80, 64, 8, 128256),
        (74, 74),
    ),
    (
        "Mistral-Small-24B",
        {"model_type": "mistral", "head_dim": 128, "sliding_window": None}
        | sizes(5120, 32768, 40, 32, 8, 131072),
        (74, 74),
    ),
    (
        "Qwen2.5-32B",
        {"model_type": "qwen2"} | sizes(5120, 27648, 64, 40, 8, 152064),
        (74, 74),
    ),
    (
        "Qwen3-30B-A3B (24 layers)",
        {"model_type": "qwen3_moe", "head_dim": 128, "norm_topk_prob": True}
        | moe(128, 8, 768)
        | sizes(2048, 6144, 24, 32, 4, 151936),
        (14, 30),
    ),
    (
        "Gemma-3-12B",
        {
            "model_type": "gemma3_text",
            "head_dim": 256,
            "sliding_window": 1024,
            "query_pre_attn_scalar": 256,
        }
        | sizes(3840, 15360, 48, 16, 8, 262144),
        (74, 74),
    ),
    (
        "Mixtral-8x7B (12 layers)",
        {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2}
        | sizes(4096, 14336, 12, 32, 8, 32000),
        (74, 74),
    ),
    (
        "Pythia-2.8B",
        {"model_type": "gpt_neox", "rotary_pct": 0.25} | sizes(2560, 10240, 32, 32, 32, 50304),
        (3, 5),
    ),
    (
        "Command-R7B",
        {"model_type": "cohere2", "sliding_window": 4096, "logit_scale": 0.25, "head_dim": 128}
        | sizes(4096, 14336, 32, 32, 8, 256000),
        (10, 16),
    ),
]


def build(config: dict[str, Any]) -> torch.nn.Module:
    """Build the model on the meta device."""
    fields = dict(config)
    made = AutoConfig.for_model(fields.pop("model_type"), **fields)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(made, dtype=torch.bfloat16)


def load(config: dict[str, Any], max_memory: dict[int, int]) -> torch.nn.Module:
    """Load it as a person would, but for the weights: none is found, so all are made where they go.

    The map, the placing and accelerate's hooks are those of any ``from_pretrained``.
    """
    meta = build(config)
    return (
        type(meta)
        .from_pretrained(
            None,
            config=meta.config,
            state_dict={},
            dtype=torch.bfloat16,
            device_map="auto",
            max_memory=dict(max_memory),
        )
        .eval()
    )


def device_of(places: dict[str, Any], name: str) -> Any:
    """Find the device of a module, which its map may name by one around it."""
    while name not in places and name:
        name = name.rpartition(".")[0]
    return places[name]


def placement(model: torch.nn.Module, places: dict[str, Any]) -> dict[str, Any]:
    """Count the layers on each GPU, and tell where the rest is."""
    lists = [
        (sum(p.numel() for p in module.parameters()), name, len(module))
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.ModuleList)
    ]
    _, name, count = max(lists, key=lambda each: each[0])
    layers = [device_of(places, f"{name}.{index}") for index in range(count)]
    names = {id(module): own for own, module in model.named_modules()}
    return {
        "layers": [layers.count(gpu) for gpu in GPUS],
        "embedding": device_of(places, names[id(model.get_input_embeddings())]),
        "head": device_of(places, names[id(model.get_output_embeddings())]),
        "elsewhere": sorted({str(each) for each in places.values() if each not in GPUS}),
    }


def used_bytes(gpu: int) -> int:
    free, total = torch.cuda.mem_get_info(gpu)
    return total - free


def settle() -> None:
    gc.collect()
    for gpu in GPUS:
        torch.cuda.synchronize(gpu)
    torch._C._cuda_clearCublasWorkspaces()
    torch.cuda.empty_cache()


@torch.no_grad()
def prefill(model: torch.nn.Module, context: int) -> dict[str, Any]:
    settle()
    ids = torch.zeros((1, context), dtype=torch.long, device="cuda:0")
    for gpu in GPUS:
        torch.cuda.reset_peak_memory_stats(gpu)
    weights = [torch.cuda.memory_allocated(gpu) for gpu in GPUS]
    more: dict[str, Any] = {"use_cache": True, "logits_to_keep": 1}
    try:
        out = model(input_ids=ids, **more)
    except TypeError:  # a few families always make all logits
        more.pop("logits_to_keep")
        out = model(input_ids=ids, **more)
    for gpu in GPUS:
        torch.cuda.synchronize(gpu)
    row = {
        "weights": weights,
        "peak": [torch.cuda.max_memory_allocated(gpu) for gpu in GPUS],
        "after_prefill": [torch.cuda.memory_allocated(gpu) for gpu in GPUS],
        "reserved": [torch.cuda.memory_reserved(gpu) for gpu in GPUS],
        "driver_used": [used_bytes(gpu) for gpu in GPUS],
        "all_logits": "logits_to_keep" not in more,
    }
    del out
    return row


def attempt(subject: Subject, dry: bool) -> None:
    name, config, gib = subject
    start = time.monotonic()
    max_memory = {gpu: int(most * GIB) for gpu, most in zip(GPUS, gib, strict=True)}
    facts = {
        "model": name,
        "config": config,
        "dtype": "bf16",
        "max_memory_bytes": list(max_memory.values()),
    }
    if dry:
        meta = build(config)
        emit(
            {
                **facts,
                "device_map": placement(meta, _get_device_map(meta, "auto", max_memory, None)),
            }
        )
        return
    model = load(config, max_memory)
    facts["device_map"] = placement(model, model.hf_device_map)
    facts["tied"] = bool(model.config.tie_word_embeddings)
    facts["attention"] = model.config._attn_implementation
    for context in CONTEXTS:
        emit({**facts, "context": context, **prefill(model, context)})
    print(f"{name}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def emit_machine() -> None:
    empty = [used_bytes(gpu) for gpu in GPUS]
    for gpu in GPUS:
        torch.zeros(1, device=f"cuda:{gpu}")
    emit(
        {
            "machine": [torch.cuda.get_device_name(gpu) for gpu in GPUS],
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "used_at_start": empty,
            "used_with_context": [
                used_bytes(gpu) - torch.cuda.memory_reserved(gpu) for gpu in GPUS
            ],
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=460)
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    transformers.logging.set_verbosity_error()
    if not options.dry:
        emit_machine()
    for subject in MODELS:
        name = subject[0]
        if options.only and not any(word.lower() in name.lower() for word in options.only):
            continue
        if time.monotonic() > end:
            print(f"{name}: no time left", file=sys.stderr, flush=True)
            continue
        try:
            attempt(subject, options.dry)
        except torch.AcceleratorError as error:  # the devices are unusable from here on
            print(f"{name}: {error}", file=sys.stderr, flush=True)
            return
        except Exception as error:  # one model that fails must not cost the others
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        if not options.dry:
            settle()


if __name__ == "__main__":
    main()
