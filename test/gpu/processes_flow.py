"""Who is on a real GPU: two notebooks' kernels, a child of one, and bare processes.

Each takes a known amount; what the agent says of each is compared with what the
whole GPU's used memory grew by. Then the bare ones are stopped. Needs
jupyter_client, ipykernel and a CUDA build of torch; run it as
``python test/gpu/processes_flow.py`` in a checkout, on a GPU that nobody else
uses. Prints JSON lines; the last one says whether all was right.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.multikernelmanager import MultiKernelManager
from kernel_flow import ROOT, Kernel, say

sys.path.insert(0, str(ROOT))

from jupyterlab_vram.nvidia import nvml, smi
from jupyterlab_vram.nvidia.types import DriverError

MIB = 1 << 20
TOLERANCE = 64 * MIB
HOLD = "import torch; kept = torch.empty(%d * 2**20, dtype=torch.uint8, device='cuda')"
CHILD = """
import multiprocessing, pathlib, sys, tempfile
folder = pathlib.Path(tempfile.mkdtemp()); sys.path.insert(0, str(folder))
(folder / "vram_child.py").write_text('''
import time
def hold(ready):
    import torch
    kept = torch.empty(1024 * 2**20, dtype=torch.uint8, device="cuda")
    ready.set()
    time.sleep(600)
''')
import vram_child
context = multiprocessing.get_context("spawn")
ready = context.Event()
child = context.Process(target=vram_child.hold, args=(ready,), daemon=True)
child.start()
print(ready.wait(120), child.pid)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
WAIT = "; print('ready', os.getpid(), flush=True); time.sleep(600)"

RECORDED = (
    ("-q", "-x"),
    ("-L",),
    ("--query-gpu=uuid,memory.total,memory.used,name", "--format=csv,noheader,nounits"),
    ("--query-compute-apps=gpu_uuid,pid,used_memory,process_name", "--format=csv,noheader,nounits"),
)

checks: list[bool] = []


def check(name: str, passed: bool, **facts: Any) -> None:
    checks.append(passed)
    say(check=name, passed=passed, **facts)


class Notebook(Kernel):
    """A kernel as a Jupyter server starts it for a notebook."""

    def __init__(self, kernels: MultiKernelManager, path: str) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        environment["JPY_SESSION_NAME"] = self.path = path
        self.id = kernels.start_kernel(env=environment)
        self._manager = kernels.get_kernel(self.id)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=120)
        self._bootstrap = (ROOT / "jupyterlab_vram" / "agent" / "bootstrap.py").read_text()
        self.pushes = []
        self.pid = int(self.run("import os; print(os.getpid())"))


def used_bytes() -> int:
    """What is used of the whole GPU, by nvidia-smi's own table."""
    text = smi.run("--query-gpu=memory.used", "--format=csv,noheader,nounits")
    return int(text.splitlines()[0]) * MIB


def settled_bytes() -> int:
    """As ``used_bytes``, once it stays the same."""
    last = -1
    while (now := used_bytes()) != last:
        last = now
        time.sleep(0.5)
    return now


def start_bare(code: str, orphan: bool = False) -> int:
    """Start a process that holds memory; an orphan's parent ends at once."""
    hidden = ("JPY_SESSION_NAME", "JPY_PARENT_PID")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment["VRAM_CODE"] = "import os, time; " + code + WAIT
    python = [sys.executable, "-c", "import os; exec(os.environ['VRAM_CODE'])"]
    command = ["sh", "-c", '"$0" "$@" & exit 0', *python] if orphan else python
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=orphan
    )
    assert process.stdout is not None
    return int(process.stdout.readline().split()[1])


def listed(notebook: Notebook) -> dict[int, dict[str, Any]]:
    survey = notebook.ask({"op": "processes"})["answer"]
    if survey["state"] != "ok":
        say(survey=survey)
    return {process["pid"]: process for process in survey["processes"]}


def recorded(*words: str) -> str:
    """What nvidia-smi prints, to be kept as a test's fixture."""
    try:
        return smi.run(*words)
    except DriverError as error:
        return str(error)


def check_figures(kind: str, found: dict[int, dict[str, Any]], grown: dict[int, int]) -> None:
    for pid, expected in grown.items():
        process = found.get(pid)
        figure = None if process is None else process["shares"][0]["used_bytes"]
        passed = figure is not None and abs(figure - expected) <= TOLERANCE
        difference = None if figure is None else (figure - expected) / MIB
        check(
            kind,
            passed,
            pid=pid,
            said_mib=figure and figure / MIB,
            grown_mib=expected / MIB,
            difference_mib=difference,
        )


def check_sources(pid_figures: dict[int, int]) -> None:
    """Both ways to ask the driver must agree, and say what they cost."""
    for name, ask in (("nvml", lambda: nvml.ask(nvml.load())), ("nvidia-smi", smi.ask)):
        try:
            ask()
            start = time.perf_counter()
            answer = ask()
            cost_ms = (time.perf_counter() - start) * 1000
        except DriverError as error:
            say(source=name, error=str(error))
            continue
        found = {use.pid: {"shares": [{"used_bytes": use.used_bytes}]} for use in answer.uses}
        say(source=name, cost_ms=round(cost_ms, 2), gpus=[repr(gpu) for gpu in answer.gpus])
        check_figures("figure by " + name, found, pid_figures)


def ask_to_stop(notebook: Notebook, process: dict[str, Any], **fields: Any) -> dict[str, Any]:
    request = {"op": "stop", "pid": process["pid"], "identity": process["identity"], **fields}
    return notebook.ask(request)


def check_stop(alpha: Notebook, bare: int, stubborn: int) -> None:
    found, before = listed(alpha), settled_bytes()
    answer = ask_to_stop(alpha, found[bare])
    check("the bare process is stopped", answer["kind"] == "answered", answer=answer.get("answer"))
    deadline = time.monotonic() + 10
    while bare in listed(alpha) and time.monotonic() < deadline:
        time.sleep(0.2)
    freed = before - settled_bytes()
    check("its memory comes back", bare not in listed(alpha), freed_mib=freed / MIB)
    first = ask_to_stop(alpha, found[stubborn])
    check("the stubborn one stays", first["answer"]["has_ended"] is False, answer=first["answer"])
    early = ask_to_stop(alpha, found[stubborn], force=True)
    check("no kill at once", early["kind"] == "refused", reason=early.get("reason"))
    time.sleep(first["answer"]["grace_s"] + 0.5)
    killed = ask_to_stop(alpha, found[stubborn], force=True)
    check("killed then", killed["kind"] == "answered", answer=killed.get("answer"))


def check_refusals(alpha: Notebook, beta: Notebook) -> None:
    found = listed(alpha)
    for name, pid, reason in (
        ("this kernel", alpha.pid, "this-kernel"),
        ("another notebook", beta.pid, "jupyter-kernel"),
    ):
        process = found.get(pid, {})
        check(
            name + " is not offered",
            process.get("why_not_stoppable") == reason and process.get("identity") is None,
            why=process.get("why_not_stoppable"),
        )
    for name, pid in (("PID 1", 1), ("the server", os.getpid()), ("a kernel", beta.pid)):
        answer = alpha.ask({"op": "stop", "pid": pid, "identity": "0" * 32})
        check(name + " is not stopped", answer["kind"] == "refused", reason=answer.get("reason"))


def check_names(found: dict[int, dict[str, Any]], names: dict[int, str], orphan: int) -> None:
    for pid, name in names.items():
        notebook = found.get(pid, {}).get("notebook")
        check("named", notebook == name, pid=pid, notebook=notebook, expected=name)
    left = found.get(orphan, {}).get("leftover")
    check("the orphan is a leftover whose parent is gone", left == "orphan", leftover=left)


def flow(kernels: MultiKernelManager) -> None:
    grown: dict[int, int] = {}

    def hold(start: Any) -> int:
        before = settled_bytes()
        pid: int = start()
        grown[pid] = settled_bytes() - before
        return pid

    def open_notebook(path: str, mebibytes: int) -> Notebook:
        notebook = Notebook(kernels, path)
        hold(lambda: (notebook.run(HOLD % mebibytes), notebook.pid)[1])
        return notebook

    say(used_before_mib=used_bytes() / MIB, kernel=os.uname().release, python=sys.version)
    alpha = open_notebook("/somewhere/alpha.ipynb", 4096)
    beta = open_notebook("/somewhere/beta.ipynb", 6144)
    child = hold(lambda: int(beta.run(CHILD).split()[1]))
    bare = hold(lambda: start_bare(HOLD % 2048))
    stubborn = hold(lambda: start_bare(STUBBORN + HOLD % 512))
    orphan = hold(lambda: start_bare(HOLD % 768, orphan=True))
    attached = alpha.ask({"op": "attach", "viewer": "gpu-check", "interval_ms": 250})
    for device in attached["reading"]["devices"]:
        say(attached=device)
    own = "import json, jupyterlab_vram; print(json.dumps(jupyterlab_vram.reading()))"
    figure = json.loads(alpha.run(own))["devices"][0]["process_bytes"]
    passed = figure is not None and abs(figure - grown[alpha.pid]) <= TOLERANCE
    check("the reading's figure of this process", passed, said_mib=figure and figure / MIB)
    found = listed(alpha)
    say(processes=list(found.values()))
    check_figures("figure in the agent", found, grown)
    names = {alpha.pid: alpha.path, beta.pid: beta.path, child: beta.path}
    check_names(found, names, orphan)
    check_sources(grown)
    say(table=alpha.run("%load_ext jupyterlab_vram\n%vram_ps").splitlines())
    say(recorded={" ".join(words): recorded(*words) for words in RECORDED})
    check_refusals(alpha, beta)
    check_stop(alpha, bare, stubborn)
    answer = ask_to_stop(alpha, listed(alpha)[orphan])
    check("the orphan is stopped", answer["kind"] == "answered", answer=answer.get("answer"))
    say(table=alpha.run("%vram_ps").splitlines())


def main() -> None:
    kernels = MultiKernelManager(connection_dir=tempfile.mkdtemp())
    try:
        flow(kernels)
    finally:
        kernels.shutdown_all(now=True)
        say(all_passed=bool(checks) and all(checks), checks=len(checks))
    sys.exit(0 if all(checks) else 1)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
