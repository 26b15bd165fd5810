"""Measures what models take on a real GPU, as rows that ``npm run bench:plan`` can score, as JSON lines.

Needs a CUDA build of torch and transformers 5; bitsandbytes for the nf4 rows, which are left out
without it. Weights are random, and nothing is downloaded. Run it on an otherwise idle GPU of 80 GB::

    python test/gpu/fit_flow.py > rows.jsonl

It stops by itself after eight minutes; ``--seconds`` changes that, and names of families after it
measure only those. Each row has the fields of ``test/fixtures/fit_measured_h100.jsonl``, and
``reserved``: what torch's allocator held when ``driver_used`` was read.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from typing import Any

import torch
import transformers
from fit_models import ENCODERS, MODELS, QUANTIZED
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

DEVICE = "cuda:0"
DECODE_TOKENS = 8

# Name, config, contexts, and whether it is a decoder.
Subject = tuple[str, dict, tuple[int, ...], bool]


def used_bytes() -> int:
    free, total = torch.cuda.mem_get_info(0)
    return total - free


def emit(row: dict[str, Any]) -> None:
    print(json.dumps(row), flush=True)


def build(fields: dict[str, Any], is_decoder: bool) -> torch.nn.Module:
    values = dict(fields)
    config = AutoConfig.for_model(values.pop("model_type"), **values)
    kind = AutoModelForCausalLM if is_decoder else AutoModel
    with torch.device(DEVICE):
        # sdpa where the family supports it, which is what from_pretrained takes too.
        model = kind.from_config(config, dtype=torch.bfloat16)
    return model.eval()


def load_quantized(model: torch.nn.Module, folder: str, double: bool) -> torch.nn.Module:
    kind = type(model)
    quantization = transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.bfloat16,
        bnb_4bit_use_double_quant=double,
    )
    return kind.from_pretrained(
        folder,
        quantization_config=quantization,
        dtype=torch.bfloat16,
        device_map={"": 0},
    ).eval()


def settle() -> None:
    gc.collect()
    torch.cuda.synchronize()
    torch.cuda.empty_cache()


@torch.no_grad()
def prefill(model: torch.nn.Module, ids: torch.Tensor, is_decoder: bool) -> dict[str, Any]:
    torch.cuda.reset_peak_memory_stats()
    more = {"use_cache": True, "logits_to_keep": 1} if is_decoder else {}
    try:
        out = model(input_ids=ids, **more)
    except TypeError:  # a few families always make all logits
        more.pop("logits_to_keep", None)
        out = model(input_ids=ids, **more)
    torch.cuda.synchronize()
    row: dict[str, Any] = {
        "peak": torch.cuda.max_memory_allocated(),
        "after_prefill": torch.cuda.memory_allocated(),
        "driver_used": used_bytes(),
        "reserved": torch.cuda.memory_reserved(),
        "all_logits": is_decoder and "logits_to_keep" not in more,
    }
    if is_decoder:
        for _ in range(DECODE_TOKENS):
            token = out.logits[:, -1:].argmax(-1)
            out = model(input_ids=token, past_key_values=out.past_key_values, **more)
        torch.cuda.synchronize()
        row["peak_decode"] = torch.cuda.max_memory_allocated()
    return row


def measure(subject: Subject, model: torch.nn.Module, dtype: str) -> None:
    name, config, contexts, is_decoder = subject
    settle()
    ids = torch.zeros((1, max(contexts)), dtype=torch.long, device=DEVICE)
    facts = {
        "model": name,
        "config": config,
        "params": sum(p.numel() for p in model.parameters()) if dtype == "bf16" else None,
        "tied": bool(model.config.tie_word_embeddings),
        "dtype": dtype,
        "attention": model.config._attn_implementation,
        "weights": torch.cuda.memory_allocated(),
    }
    for context in contexts:
        settle()
        try:
            row = prefill(model, ids[:, :context], is_decoder)
        except torch.cuda.OutOfMemoryError:
            emit({**facts, "context": context, "error": "out of memory"})
            continue
        emit({**facts, "context": context, **row})


def attempt(subject: Subject) -> None:
    name, config, _, is_decoder = subject
    start = time.monotonic()
    model = build(config, is_decoder)
    measure(subject, model, "bf16")
    if name in QUANTIZED and has_bitsandbytes():
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            for dtype, double in (("nf4-sq", False), ("nf4-dq", True)):
                loaded = load_quantized(model.to("cpu"), folder, double)
                measure(subject, loaded, dtype)
                del loaded
                settle()
    print(f"{name}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


def has_bitsandbytes() -> bool:
    try:
        import bitsandbytes  # noqa: F401
    except Exception:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=460)
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    transformers.logging.set_verbosity_error()
    empty = used_bytes()
    torch.zeros(1, device=DEVICE)
    emit(
        {
            "machine": torch.cuda.get_device_name(0),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "used_at_start": empty,
            "used_with_context": used_bytes() - torch.cuda.memory_reserved(),
        }
    )
    work = [(*model, True) for model in MODELS] + [(*model, False) for model in ENCODERS]
    for subject in work:
        name = subject[0]
        if options.only and not any(word.lower() in name.lower() for word in options.only):
            continue
        if time.monotonic() > end:
            print(f"{name}: no time left", file=sys.stderr, flush=True)
            continue
        try:
            attempt(subject)
        except torch.AcceleratorError as error:  # the device is unusable from here on
            print(f"{name}: {error}", file=sys.stderr, flush=True)
            return
        except Exception as error:  # one family that fails must not cost the others
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        settle()


if __name__ == "__main__":
    main()
