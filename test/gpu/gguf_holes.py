"""GGUF files with a true header whose tensors are holes, for measurements without weights.

Layout and names: ``docs/gguf.md`` of ggml, ``gguf-py/gguf/constants.py`` of llama.cpp.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALIGNMENT = 32
UINT32, FLOAT32, STRING = 4, 6, 8


class Stored(NamedTuple):
    """How a tensor's elements are stored: ``enum ggml_type``, elements and bytes of a block."""

    number: int
    elements: int
    bytes: int


FORMATS = {
    "F32": Stored(0, 1, 4),
    "F16": Stored(1, 1, 2),
    "Q4_0": Stored(2, 32, 18),
    "Q8_0": Stored(8, 32, 34),
    "Q6_K": Stored(14, 256, 210),
}

ARCHITECTURES = {
    "llama": "llama",
    "mistral": "llama",
    "mixtral": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "qwen3_moe": "qwen3moe",
    "phi3": "phi3",
    "gemma2": "gemma2",
    "gemma3_text": "gemma3",
}


class Tensor(NamedTuple):
    name: str
    #: The fastest first.
    shape: tuple[int, ...]


def stored(tensor: Tensor, asked: str, is_tied: bool) -> Stored:
    """As ``llama-quantize`` stores it."""
    if len(tensor.shape) == 1 or tensor.name.endswith("ffn_gate_inp.weight"):
        return FORMATS["F32"]
    output = "token_embd.weight" if is_tied else "output.weight"
    if asked == "Q4_0" and tensor.name == output:
        return FORMATS["Q6_K"]
    return FORMATS[asked]


def head_size(config: dict[str, Any]) -> int:
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def experts(config: dict[str, Any]) -> int:
    return config.get("num_experts") or config.get("num_local_experts") or 0


def metadata(config: dict[str, Any]) -> dict[str, Any]:
    arch = ARCHITECTURES[config["model_type"]]
    own = {
        "vocab_size": config["vocab_size"],
        "context_length": config["max_position_embeddings"],
        "embedding_length": config["hidden_size"],
        "block_count": config["num_hidden_layers"],
        "feed_forward_length": config["intermediate_size"],
        "attention.head_count": config["num_attention_heads"],
        "attention.head_count_kv": config["num_key_value_heads"],
        "attention.key_length": head_size(config),
        "attention.value_length": head_size(config),
        "attention.layer_norm_rms_epsilon": 1e-6,
        "rope.freq_base": 1e6,
    }
    if not config["model_type"].startswith("gemma"):
        own["rope.dimension_count"] = head_size(config)
    if experts(config):
        own["expert_count"] = experts(config)
        own["expert_used_count"] = config["num_experts_per_tok"]
    if "moe_intermediate_size" in config:
        own["expert_feed_forward_length"] = config["moe_intermediate_size"]
    if config.get("sliding_window"):
        own["attention.sliding_window"] = config["sliding_window"]
    return {
        "general.architecture": arch,
        "general.name": "holes",
        "tokenizer.ggml.model": "none",
        **{f"{arch}.{key}": value for key, value in own.items()},
    }


def feed_forward(config: dict[str, Any]) -> Iterator[Tensor]:
    hidden, count = config["hidden_size"], experts(config)
    if not count:
        inner = config["intermediate_size"]
        if config["model_type"] == "phi3":
            yield Tensor("ffn_up.weight", (hidden, 2 * inner))
        else:
            yield Tensor("ffn_gate.weight", (hidden, inner))
            yield Tensor("ffn_up.weight", (hidden, inner))
        yield Tensor("ffn_down.weight", (inner, hidden))
        return
    inner = config.get("moe_intermediate_size") or config["intermediate_size"]
    yield Tensor("ffn_gate_inp.weight", (hidden, count))
    yield Tensor("ffn_gate_exps.weight", (hidden, inner, count))
    yield Tensor("ffn_up_exps.weight", (hidden, inner, count))
    yield Tensor("ffn_down_exps.weight", (inner, hidden, count))


def layer(config: dict[str, Any]) -> Iterator[Tensor]:
    hidden, size, kind = config["hidden_size"], head_size(config), config["model_type"]
    queries = config["num_attention_heads"] * size
    keys = config["num_key_value_heads"] * size
    yield Tensor("attn_norm.weight", (hidden,))
    if kind == "phi3":
        yield Tensor("attn_qkv.weight", (hidden, queries + 2 * keys))
    else:
        yield Tensor("attn_q.weight", (hidden, queries))
        yield Tensor("attn_k.weight", (hidden, keys))
        yield Tensor("attn_v.weight", (hidden, keys))
    yield Tensor("attn_output.weight", (queries, hidden))
    if kind == "qwen2":
        yield Tensor("attn_q.bias", (queries,))
        yield Tensor("attn_k.bias", (keys,))
        yield Tensor("attn_v.bias", (keys,))
    if kind in ("qwen3", "qwen3_moe", "gemma3_text"):
        yield Tensor("attn_q_norm.weight", (size,))
        yield Tensor("attn_k_norm.weight", (size,))
    if kind in ("gemma2", "gemma3_text"):
        yield Tensor("post_attention_norm.weight", (hidden,))
        yield Tensor("post_ffw_norm.weight", (hidden,))
    yield Tensor("ffn_norm.weight", (hidden,))
    yield from feed_forward(config)


def tensors(config: dict[str, Any]) -> Iterator[Tensor]:
    hidden, vocab = config["hidden_size"], config["vocab_size"]
    yield Tensor("token_embd.weight", (hidden, vocab))
    for index in range(config["num_hidden_layers"]):
        for name, shape in layer(config):
            yield Tensor(f"blk.{index}.{name}", shape)
    yield Tensor("output_norm.weight", (hidden,))
    if not config.get("tie_word_embeddings"):
        yield Tensor("output.weight", (hidden, vocab))


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key: str, value: Any) -> bytes:
    if isinstance(value, str):
        return text(key) + struct.pack("<I", STRING) + text(value)
    if isinstance(value, float):
        return text(key) + struct.pack("<If", FLOAT32, value)
    return text(key) + struct.pack("<II", UINT32, value)


def padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def write_gguf(path: Path, config: dict[str, Any], asked: str) -> None:
    """Write the header of a file of the format ``asked``, and leave a hole for the tensors."""
    is_tied = bool(config.get("tie_word_embeddings"))
    entries = [entry(key, value) for key, value in metadata(config).items()]
    table, offset = [], 0
    for tensor in tensors(config):
        number, block, block_bytes = stored(tensor, asked, is_tied)
        dimensions = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        table.append(text(tensor.name) + dimensions + struct.pack("<IQ", number, offset))
        offset += padded(math.prod(tensor.shape) // block * block_bytes)
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(table), len(entries))
    header = head + b"".join(entries) + b"".join(table)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(padded(len(header)) + offset)
