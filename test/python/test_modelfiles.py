import base64
import io
import json
import struct

import pytest

from jupyterlab_vram.agent import modelfiles
from jupyterlab_vram.errors import RefusedError


def text(value):
    encoded = value.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def gguf(tokens=1000, architecture="llama", more=()):
    words = b"".join(text(f"token{place}") for place in range(tokens))
    entries = [
        text("general.architecture") + struct.pack("<I", 8) + text(architecture),
        *more,
        text("llama.block_count") + struct.pack("<II", 4, 2),
        text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, tokens) + words,
    ]
    tensor = text("token_embd.weight") + struct.pack("<IQQIQ", 2, 64, 32, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(entries))
    return head + b"".join(entries) + tensor


def test_gguf_header_leaves_out_the_tokenizer_and_keeps_the_rest():
    reduced = modelfiles.gguf_header(io.BytesIO(gguf() + b"weights"))
    assert len(reduced) < 250
    assert struct.unpack("<QQ", reduced[8:24]) == (1, 2)
    assert b"llama.block_count" in reduced
    assert reduced.endswith(gguf()[-40:])
    assert b"token999" not in reduced
    assert modelfiles.gguf_header(io.BytesIO(reduced)) == reduced


def test_gguf_header_refuses_every_cut():
    whole = gguf(tokens=20)
    for length in range(len(whole)):
        with pytest.raises(RefusedError):
            modelfiles.gguf_header(io.BytesIO(whole[:length]))


@pytest.mark.parametrize(
    "content",
    [
        b"GGML" + bytes(20),
        b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60),
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, (1 << 64) - 1),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<I", 99),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", 9, 8, 1 << 62),
        b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + text("a") + struct.pack("<I", 1 << 30),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", 9, 9, 1) * 9,
    ],
)
def test_gguf_header_refuses_what_is_beyond_belief(content):
    with pytest.raises(RefusedError):
        modelfiles.gguf_header(io.BytesIO(content + bytes(1 << 16)))


def test_describe_reads_a_folder_and_sums_its_weights(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    for shard in range(2):
        (tmp_path / f"model-{shard}.safetensors").write_bytes(bytes(1000))
    found = modelfiles.describe(str(tmp_path))
    assert (found["kind"], found["weights_bytes"]) == ("config", 2000)
    assert json.loads(found["text"]) == {"model_type": "llama"}


def test_describe_reads_only_the_headers_of_files(tmp_path):
    header = json.dumps({"a": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    assert json.loads(modelfiles.describe(str(path))["text"])["a"]["shape"] == [2]
    (tmp_path / "model.gguf").write_bytes(gguf())
    found = modelfiles.describe(str(tmp_path / "model.gguf"))
    assert base64.b64decode(found["data"])[:4] == b"GGUF"


def test_gguf_header_keeps_one_value_for_each_of_many_layers():
    layers = struct.pack("<IIQ", 9, 4, 1000) + struct.pack("<1000I", *range(1000))
    heads = text("llama.attention.head_count_kv") + layers
    scores = text("tokenizer.ggml.scores") + struct.pack("<IIQ", 9, 6, 10_000) + bytes(40_000)
    reduced = modelfiles.gguf_header(io.BytesIO(gguf(tokens=1, more=[heads, scores])))
    assert heads in reduced
    assert b"tokenizer.ggml.scores" not in reduced


def test_describe_reads_every_file_that_a_model_is_split_over(tmp_path):
    for number in (1, 2, 3):
        (tmp_path / f"m-0000{number}-of-00003.gguf").write_bytes(gguf(architecture=f"part{number}"))
    found = modelfiles.describe(str(tmp_path / "m-00002-of-00003.gguf"))
    headers = [base64.b64decode(each) for each in (found["data"], *found["more"])]
    assert [f"part{number}".encode() in headers[number - 1] for number in (1, 2, 3)] == [True] * 3
    assert len(modelfiles.describe(str(tmp_path))["more"]) == 2
    for number in (1, 2):
        header = json.dumps({str(number): {"dtype": "F16", "shape": [1]}}).encode()
        path = tmp_path / f"m-0000{number}-of-00002.safetensors"
        path.write_bytes(struct.pack("<Q", len(header)) + header)
    found = modelfiles.describe(str(tmp_path / "m-00002-of-00002.safetensors"))
    assert [list(json.loads(each)) for each in (found["text"], *found["more"])] == [["1"], ["2"]]


def test_describe_takes_the_model_of_a_folder_and_not_its_projector(tmp_path):
    kind = text("general.type") + struct.pack("<I", 8) + text("mmproj")
    (tmp_path / "a-mmproj.gguf").write_bytes(gguf(architecture="clip"))
    (tmp_path / "b-mmproj.gguf").write_bytes(gguf(architecture="new", more=[kind]))
    assert modelfiles.describe(str(tmp_path))["path"].endswith("a-mmproj.gguf")
    (tmp_path / "model.gguf").write_bytes(gguf())
    assert modelfiles.describe(str(tmp_path))["path"].endswith("model.gguf")


def test_describe_leaves_out_what_makes_a_config_long(tmp_path):
    labels = {str(number): f"a label that is number {number}" for number in range(100_000)}
    layers = {f"model.layers.{number}": {"bits": 4} for number in range(10_000)}
    config = {
        "model_type": "llama",
        "time_step_limit": [0.0, float("inf")],
        "id2label": labels,
        "quantization_config": {"quant_method": "modelopt", "quantized_layers": layers},
        "text_config": {"hidden_size": 64, "id2label": labels},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert (tmp_path / "config.json").stat().st_size > 6_000_000
    shortened = modelfiles.describe(str(tmp_path))["text"]
    assert len(shortened) < 1000
    assert json.loads(shortened) == {
        "model_type": "llama",
        "time_step_limit": [0.0, float("inf")],
        "quantization_config": {"quant_method": "modelopt"},
        "text_config": {"hidden_size": 64},
    }


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.safetensors", struct.pack("<Q", 1 << 30) + b"{}", "1073741824 bytes"),
        ("a.safetensors", b"{}", "first 8 bytes"),
        ("a.safetensors", struct.pack("<Q", 100) + b"{}", "within its header"),
        ("a.safetensors", struct.pack("<Q", 2) + b"{x", "can't be read"),
        ("a.json", b" " * (16 << 20) + b"{}", "larger than 16 MiB"),
        ("a.json", b'{"a": ' + b"[" * 100_000, "can't be read|too deeply"),
        ("a.json", b'["' + b"a" * 100_000 + b'"]', "object of fields"),
        ("a-00001-of-99999.gguf", b"", "one of 99999 files"),
        ("a-00002-of-00003.gguf", b"GGUF", "one of 3 files.*2 of them.*a-00001-of-00003.gguf"),
        ("a-00001-of-00002.safetensors", b"{}", "one of 2 files.*a-00002-of-00002.safetensors"),
        ("a.json", b"\xff\xfe", "can't be read"),
        ("a.gguf", b"GGUF", "ends within its header"),
        ("a.bin", b"", "neither a folder nor"),
    ],
)
def test_describe_refuses_and_says_why(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RefusedError, match=reason):
        modelfiles.describe(str(tmp_path / name))


@pytest.mark.parametrize("path", ["/nowhere/at/all", "a\0b", "", "x" * 5000])
def test_describe_refuses_what_is_not_there(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RefusedError) as caught:
        modelfiles.describe(path)
    assert len(str(caught.value)) < 600


def test_cached_models_lists_those_with_a_config(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    for name, file in (("models--org--good", "config.json"), ("models--org--bare", "README.md")):
        snapshot = tmp_path / name / "snapshots" / "abc"
        snapshot.mkdir(parents=True)
        (snapshot / file).write_text("{}")
    found = modelfiles.cached_models()["models"]
    assert [each["name"] for each in found] == ["org/good"]
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    assert modelfiles.cached_models() == {"models": []}
