"""Looking changes nothing."""

import subprocess
import sys

import pytest
from kernels import ROOT

STATE = """{
    "count": get_ipython().execution_count,
    "names": sorted(map(str, globals())),
    "identities": {name: id(value) for name, value in globals().items()},
    "last": [repr(globals().get(name)) for name in ("_", "__", "___", "_i", "_ii", "_iii")],
    "in": In,
    "out": repr(Out),
    "inputs": get_ipython().history_manager.input_hist_raw,
    "cached": len(get_ipython().history_manager.db_input_cache),
    "history": [*get_ipython().history_manager.get_range(0)],
    "errors": [id(getattr(__import__("sys"), "last_" + name, None))
               for name in ("type", "value", "traceback", "exc")],
    "transformers": get_ipython().ast_transformers,
    "hook": id(__import__("sys").displayhook),
    "filters": repr(__import__("warnings").filters),
}"""


def test_readings_change_nothing_that_a_person_can_see(kernel):
    kernel.run("1 + 1")
    kernel.run("'two'")
    kernel.run("1 / 0")
    before = kernel.value(STATE)
    for turn in range(20):
        kernel.ask("attach", viewer=f"viewer{turn % 3}", interval_ms=250)
    assert len(kernel.wait_until(lambda: kernel.pushes)) > 0
    assert kernel.value(STATE) == before
    assert before["count"] == before["in"].index("1 / 0") + 1
    assert before["last"][:2] == ["'two'", "2"]
    assert kernel.run("_").reply["execution_count"] == before["count"]


def test_pushes_during_a_cell_change_no_output(kernel):
    outcome = kernel.run("print('a'); time.sleep(1.2); 'b'")
    kinds = [each["msg_type"] for each in outcome.messages]
    assert kinds == ["status", "execute_input", "stream", "execute_result", "status"]
    assert outcome.reply["payload"] == []


def test_hooks_leave_no_output_and_no_warning(kernel):
    kernel.run("import warnings\nheld = torch.ones(2**20)")
    # The code is read for names, which must not warn a second time of what Python warns of.
    outcome = kernel.run("held = '\\d'")
    warned = [line for line in outcome.text.splitlines() if "SyntaxWarning" in line]
    assert all("ipykernel" in line or "<>" in line for line in warned), outcome.text
    nested = kernel.run("%%time\nheld = '\\d'")
    assert "<unknown>" not in nested.text


def test_code_that_is_nested_deeply_still_runs(kernel):
    kernel.run("held = torch.ones(2**20)")
    # About as deep as IPython itself can compile.
    deep = "+".join(["1"] * (2000 if sys.version_info >= (3, 12) else 850))
    outcome = kernel.run(f"total = {deep}\nheld = None")
    assert outcome.reply["status"] == "ok", outcome.reply
    assert [each["name"] for each in outcome.record["removed"]] == ["held"]


def test_no_object_of_the_person_is_kept(kernel):
    kernel.run(
        "import weakref\n"
        "class Box(list): pass\n"
        "box = Box([torch.ones(2**20)])\n"
        "alive, tensor = weakref.ref(box), weakref.ref(box[0])"
    )
    kernel.run("box.append(1)\nnumber = box[-1]")
    kernel.ask("attach", viewer="test")
    kernel.run("del box")
    assert kernel.run("print(alive(), tensor())").text == "None None\n"
    assert kernel.leaks_now() == []


def test_a_leak_is_followed_without_holding_it(kernel):
    kernel.run("import weakref\nbox = [torch.ones(2**20)]\ntensor = weakref.ref(box[0])")
    kernel.run("cycle = [box]; cycle.append(cycle); gc.disable()")
    assert len(kernel.run("del box; del cycle").leaks) > 0
    assert kernel.run("gc.collect(); print(tensor())").text == "None\n"
    assert kernel.leaks_now() == []


MAGICS = """
from IPython.testing.globalipapp import start_ipython
shell = start_ipython()
for code in ("%load_ext jupyterlab_vram", "%vram", "%%vram\\n1 + 1", "%vram_clear",
             "%vram practice on", "%vram practice off", "%unload_ext jupyterlab_vram"):
    assert shell.run_cell(code).success, code
"""

WITHOUT_TORCH = """
import sys
{code}
assert "torch" not in sys.modules, "torch was imported"
"""


@pytest.mark.parametrize(
    "code",
    [
        "import jupyterlab_vram",
        "import jupyterlab_vram; assert jupyterlab_vram.reading()['state'] == 'no-torch'",
        "import jupyterlab_vram; jupyterlab_vram.clear()",
        MAGICS,
    ],
    ids=["import", "reading", "clear", "magics"],
)
def test_torch_is_never_imported(code, tmp_path):
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", WITHOUT_TORCH.format(code=code)],
        env={"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_attached_kernel_imports_no_torch_and_starts_no_driver(start_kernel):
    kernel = start_kernel(path=[ROOT])
    answer = kernel.attach()
    assert (answer["kind"], answer["reading"]["state"]) == ("attached", "no-torch")
    kernel.run("1 + 1")
    kernel.ask("clear")
    loaded = kernel.value("[name in __import__('sys').modules for name in ('torch', 'pynvml')]")
    assert loaded == [False, False]


def test_cuda_is_never_initialised(kernel):
    kernel.run("torch.cuda._lazy_init = None; torch._C._cuda_init = None")
    kernel.run("%load_ext jupyterlab_vram\n%vram\n%vram_clear")
    outcome = kernel.run("import jupyterlab_vram; print(jupyterlab_vram.reading()['state'])")
    assert outcome.text == "ok\n"
    assert kernel.run("print(torch.cuda._initialized)").text == "False\n"
