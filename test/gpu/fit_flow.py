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
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

DEVICE = "cuda:0"
CONTEXTS = (1, 512, 2048, 8192)
LONG = (512, 4096, 16384)
ENCODER_CONTEXTS = (128, 512)
DECODE_TOKENS = 8


SIZES = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "vocab_size",
)


def sizes(*numbers: int) -> dict:
    return dict(zip(SIZES, numbers)) | {"max_position_embeddings": 32768}


def moe(experts: int, chosen: int, intermediate: int) -> dict:
    return {
        "num_experts": experts,
        "num_experts_per_tok": chosen,
        "moe_intermediate_size": intermediate,
    }


# The shapes are those of public configs. The ones named "(n layers)" are cut to be quick to build.
MODELS: list[tuple[str, dict, tuple[int, ...]]] = [
    (
        "Qwen3-4B",
        {"model_type": "qwen3", "head_dim": 128, "tie_word_embeddings": True}
        | sizes(2560, 9728, 36, 32, 8, 151936),
        CONTEXTS,
    ),
    (
        "Mistral-7B-v0.1",
        {"model_type": "mistral", "sliding_window": 4096} | sizes(4096, 14336, 32, 32, 8, 32000),
        LONG,
    ),
    (
        "Gemma-3-1B",
        {
            "model_type": "gemma3_text",
            "head_dim": 256,
            "sliding_window": 512,
            "query_pre_attn_scalar": 256,
        }
        | sizes(1152, 6912, 26, 4, 1, 262144),
        CONTEXTS,
    ),
    (
        "Qwen3-30B-A3B (12 layers)",
        {"model_type": "qwen3_moe", "head_dim": 128, "norm_topk_prob": True}
        | moe(128, 8, 768)
        | sizes(2048, 6144, 12, 32, 4, 151936),
        CONTEXTS,
    ),
    (
        "Mixtral-8x7B (4 layers)",
        {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2}
        | sizes(4096, 14336, 4, 32, 8, 32000),
        CONTEXTS,
    ),
    (
        "DeepSeek-V2-Lite (9 layers)",
        {
            "model_type": "deepseek_v2",
            "kv_lora_rank": 512,
            "q_lora_rank": None,
            "qk_rope_head_dim": 64,
            "qk_nope_head_dim": 128,
            "v_head_dim": 128,
            "n_routed_experts": 64,
            "n_shared_experts": 2,
            "num_experts_per_tok": 6,
            "moe_intermediate_size": 1408,
            "first_k_dense_replace": 1,
        }
        | sizes(2048, 10944, 9, 16, 16, 102400),
        CONTEXTS,
    ),
    (
        "gpt-oss-20b (8 layers)",
        {
            "model_type": "gpt_oss",
            "head_dim": 64,
            "num_local_experts": 32,
            "num_experts_per_tok": 4,
            "sliding_window": 128,
        }
        | sizes(2880, 2880, 8, 64, 8, 201088),
        CONTEXTS,
    ),
    (
        "Phi-3-mini",
        {"model_type": "phi3", "pad_token_id": 0} | sizes(3072, 8192, 32, 32, 32, 32064),
        CONTEXTS,
    ),
    (
        "Phi-2",
        {"model_type": "phi", "partial_rotary_factor": 0.4, "hidden_act": "gelu_new"}
        | sizes(2560, 10240, 32, 32, 32, 51200),
        (512, 2048, 8192),
    ),
    (
        "Pythia-2.8B",
        {"model_type": "gpt_neox", "rotary_pct": 0.25} | sizes(2560, 10240, 32, 32, 32, 50304),
        (512, 2048),
    ),
    (
        "OPT-2.7B",
        {
            "model_type": "opt",
            "hidden_size": 2560,
            "word_embed_proj_dim": 2560,
            "ffn_dim": 10240,
            "num_hidden_layers": 32,
            "num_attention_heads": 32,
            "vocab_size": 50272,
            "max_position_embeddings": 2048,
        },
        (512, 2032),
    ),
    (
        "BLOOM-3B",
        {
            "model_type": "bloom",
            "hidden_size": 2560,
            "n_layer": 30,
            "n_head": 32,
            "vocab_size": 250880,
        },
        (512, 2048),
    ),
    (
        "Falcon-7B",
        {
            "model_type": "falcon",
            "hidden_size": 4544,
            "num_hidden_layers": 32,
            "num_attention_heads": 71,
            "vocab_size": 65024,
            "multi_query": True,
            "parallel_attn": True,
            "bias": False,
        },
        (512, 2048),
    ),
    (
        "GLM-4-9B",
        {"model_type": "glm", "head_dim": 128, "attention_bias": True, "pad_token_id": 0}
        | sizes(4096, 13696, 40, 32, 2, 151552),
        (512, 8192),
    ),
    (
        "Command-R7B",
        {"model_type": "cohere2", "sliding_window": 4096, "logit_scale": 0.25, "head_dim": 128}
        | sizes(4096, 14336, 32, 32, 8, 256000),
        (512, 8192),
    ),
    ("OLMo-2-7B", {"model_type": "olmo2"} | sizes(4096, 11008, 32, 32, 32, 100352), CONTEXTS),
    (
        "StarCoder2-3B",
        {
            "model_type": "starcoder2",
            "sliding_window": 4096,
            "use_bias": True,
            "tie_word_embeddings": True,
        }
        | sizes(3072, 12288, 30, 24, 2, 49152),
        (512, 8192),
    ),
    (
        "Granite-3.1-2B",
        {"model_type": "granite", "tie_word_embeddings": True, "pad_token_id": 0}
        | sizes(2048, 8192, 40, 32, 8, 49155),
        CONTEXTS,
    ),
    (
        "SmolLM3-3B",
        {"model_type": "smollm3", "tie_word_embeddings": True, "pad_token_id": 0}
        | sizes(2048, 11008, 36, 16, 4, 128256),
        (512, 8192),
    ),
    (
        "GPT-J-6B",
        {
            "model_type": "gptj",
            "n_embd": 4096,
            "n_layer": 28,
            "n_head": 16,
            "rotary_dim": 64,
            "vocab_size": 50400,
            "n_positions": 2048,
        },
        (512, 2032),
    ),
    (
        "OLMoE-1B-7B",
        {"model_type": "olmoe", "num_experts": 64, "num_experts_per_tok": 8}
        | sizes(2048, 1024, 16, 16, 16, 50304),
        CONTEXTS,
    ),
    ("Llama-3.1-8B", {"model_type": "llama"} | sizes(4096, 14336, 32, 32, 8, 128256), (512, 32768)),
]

ENCODERS: list[tuple[str, dict, tuple[int, ...]]] = [
    (
        "BERT-large",
        {
            "model_type": "bert",
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "num_hidden_layers": 24,
            "num_attention_heads": 16,
            "vocab_size": 30522,
        },
        ENCODER_CONTEXTS,
    ),
    (
        "RoBERTa-large",
        {
            "model_type": "roberta",
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "num_hidden_layers": 24,
            "num_attention_heads": 16,
            "vocab_size": 50265,
            "max_position_embeddings": 514,
        },
        (128, 510),
    ),
    (
        "ModernBERT-large",
        {
            "model_type": "modernbert",
            "hidden_size": 1024,
            "intermediate_size": 2624,
            "num_hidden_layers": 28,
            "num_attention_heads": 16,
            "vocab_size": 50368,
        },
        (512, 8192),
    ),
]

# With bitsandbytes: saved, then loaded again as a person would load it.
QUANTIZED = ("Qwen3-4B", "Gemma-3-1B", "Phi-3-mini", "Phi-2", "Granite-3.1-2B", "SmolLM3-3B")


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
