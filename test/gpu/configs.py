"""The fields of models' configs, short enough to be read in a table."""

from __future__ import annotations

SIZES = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "vocab_size",
)


def sizes(*numbers: int) -> dict:
    """The fields of ``SIZES``, in that order."""
    return dict(zip(SIZES, numbers)) | {"max_position_embeddings": 32768}


def moe(experts: int, chosen: int, intermediate: int) -> dict:
    return {
        "num_experts": experts,
        "num_experts_per_tok": chosen,
        "moe_intermediate_size": intermediate,
    }
