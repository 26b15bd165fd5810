"""What ``fit_flow.py`` measures. The shapes are those of public configs."""

from __future__ import annotations

from configs import moe, sizes

CONTEXTS = (1, 512, 2048, 8192)
LONG = (512, 4096, 16384)
ENCODER_CONTEXTS = (128, 512)

# Name, config, contexts. The ones named "(n layers)" are cut to be quick to build.
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
