import pytest

from jupyterlab_vram.units import MAX_BYTES, format_bytes, format_change, parse_bytes


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (35651584, "34.0 MiB"),
        (2**30, "1.00 GiB"),
        (-(2**31), "-2.00 GiB"),
        (80 * 2**30, "80.00 GiB"),
        (40_000_000_000_000, "36.38 TiB"),
    ],
)
def test_format_bytes(count, text):
    assert format_bytes(count) == text


def test_format_change_has_a_sign():
    assert [format_change(each) for each in (2**20, 0, -(2**20))] == ["+1.0 MiB", "0 B", "-1.0 MiB"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1", 1),
        ("4GiB", 4 << 30),
        ("4 gib", 4 << 30),
        (" 0.5MiB ", 1 << 19),
        ("16B", 16),
        ("1024TiB", MAX_BYTES),
    ],
)
def test_parse_bytes(text, count):
    assert parse_bytes(text) == count


@pytest.mark.parametrize(
    "text", ["", "GiB", "-1", "0", "0.4B", "4GB", "4 G", "1e3", "nan", "inf", "1025TiB", "9" * 400]
)
def test_parse_bytes_refuses(text):
    with pytest.raises(ValueError, match="Expected a size such as 4GiB"):
        parse_bytes(text)
