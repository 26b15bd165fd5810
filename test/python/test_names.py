"""What code does to names, read from its syntax."""

import ast
import warnings

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyterlab_vram.cells.names import cell_names


def read(code):
    return cell_names(ast.parse(TransformerManager().transform_cell(code)))


@pytest.mark.parametrize(
    ("code", "deleted", "assigned"),
    [
        ("del a, b", "a b", ""),
        ("del (a, [b, c])", "a b c", ""),
        ("del a.b, c[0]", "", ""),
        ("a = b = c", "", "a b"),
        ("a, (b, *c) = d", "", "a b c"),
        ("a: int = 1; b += 1; (c := 2)", "", "a b c"),
        ("for a in b: del c", "c", "a"),
        ("with a as b, c as (d, e): pass", "", "b d e"),
        ("import a.b, c as d\nfrom e import f as g, h", "", "a d g h"),
        ("def a(b): c = 1; del d", "", "a"),
        ("async def a(): pass\nclass b: c = 1", "", "a b"),
        ("lambda: (a := 1)", "", ""),
        ("try: pass\nexcept E as a: b = 1", "a", "b"),
        ("try: pass\nexcept E: del a", "a", ""),
        ("if a:\n  del b\nelse:\n  while c: d = 1", "b", "d"),
        ("%xdel a", "a", ""),
        ("%xdel -n a", "a", ""),
        ("%time del a", "a", ""),
        ("%time a = 1", "", "a"),
        ("b = %time a = 1", "", "a b"),
        ("%%time\ndel a\nb = 1", "a", "b"),
        ("%%time\n%%capture out\ndel a", "", ""),
        ("%%vram\na = 1", "", "a"),
        ("%%capture out\ndel a", "a", ""),
        ("%%bash\ndel a", "", ""),
        ("%%timeit\na = 1", "", ""),
        ("%%time\nnot python at all", "", ""),
        ("print('del a')", "", ""),
        ("", "", ""),
    ],
)
def test_names_that_may_be_removed(code, deleted, assigned):
    names = read(code)
    assert (names.deleted, names.assigned) == (set(deleted.split()), set(assigned.split()))
    assert names.mentioned >= names.deleted | names.assigned
    assert not names.resets


def test_names_of_a_match():
    names = read("match a:\n  case {'x': b, **c}: pass\n  case [d, *e] as f: pass")
    assert {"b", "d", "e", "f"} <= names.assigned


@pytest.mark.parametrize("code", ["%reset -f", "%reset_selective -f x", "%run script.py"])
def test_magics_after_which_any_name_may_be_gone(code):
    assert read(code).resets


def test_all_that_is_mentioned():
    names = read("a.b(c)[d] = e; f = [g for h in i]; del j")
    assert names.mentioned >= set("acdefghij")


def test_reading_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = cell_names(
            ast.parse(r"get_ipython().run_cell_magic('time', '', 'a = \"\\d\" + \"\\N{DASH}\"\n')")
        )
    assert names.assigned == {"a"}
