"""Real kernels, driven over real sockets as a front end drives them."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import zlib
from importlib.metadata import version
from pathlib import Path
from queue import Empty
from typing import Any, NamedTuple

from jupyter_client.manager import KernelManager
from wire import MIME_TYPE, SCHEMA_VERSION, checked

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "jupyterlab_vram"
#: Whether the kernels of these tests can be asked while a cell runs.
HAS_SUBSHELLS = int(version("ipykernel").partition(".")[0]) >= 7
BOOTSTRAP = (PACKAGE / "agent" / "bootstrap.py").read_text(encoding="utf-8")


def _from_front_end(name):
    """Return one of the texts from which front ends make the expression that asks the agent."""
    source = (ROOT / "src" / "kernel" / "request.ts").read_text(encoding="utf-8")
    return re.search(rf"const {name} =\s+(['\"])(.+)\1;", source)[2]


BUILTINS, RUN = _from_front_end("BUILTINS"), _from_front_end("RUN")

_PREPARE = """
def _prepare(names):
    import gc, sys
    for name in [name for name in names if not name.startswith("_")]:
        if name not in ("In", "Out", "exit", "quit", "open", "get_ipython"):
            del names[name]
    names.pop("_hidden", None)
    get_ipython().displayhook.flush()
    hidden = get_ipython().user_ns_hidden
    for name in [name for name in hidden if name in ("_", "__", "___") or name[1:].isdecimal()]:
        # Flushing forgets the first three, and in older IPythons all of these.
        del hidden[name]
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)
    gc.enable()
    gc.collect()
    # What is left is torch: the collections of the tests need not look at it.
    gc.freeze()

_prepare(globals())
import torch, torch.nn as nn, gc, sys, time
"""


class Push(NamedTuple):
    """One message that the agent sent by itself."""

    parent_type: str
    parent_id: str
    payload: dict[str, Any]


class Outcome(NamedTuple):
    """What running one cell led to."""

    reply: dict[str, Any]
    #: All of iopub that belongs to the cell, pushes left out.
    messages: list[dict[str, Any]]
    #: With a viewer attached: the push with the cell's record.
    push: dict[str, Any] | None

    @property
    def text(self) -> str:
        streams = [each["content"] for each in self.messages if each["msg_type"] == "stream"]
        return "".join(stream["text"] for stream in streams)

    @property
    def record(self) -> dict[str, Any]:
        return self.push["finished"]

    @property
    def leaks(self) -> list[dict[str, Any]]:
        return self.push["leaks"]


class Kernel:
    """One ipykernel; every message of the agent is checked on arrival."""

    def __init__(self, folder, *, path=(), env=None):
        folder.mkdir(exist_ok=True, parents=True)
        environment = {**os.environ, "IPYTHONDIR": str(folder / "ipython"), **(env or {})}
        environment["PYTHONPATH"] = os.pathsep.join(str(each) for each in path)
        self._log = folder / "kernel.log"
        self._said = 0
        # Sockets in a folder, whose path has to be short: a port that is free now may be taken
        # by a kernel of another test process before this one comes to it.
        self._sockets = Path(tempfile.mkdtemp(prefix="vram-"))
        self._manager = KernelManager(
            kernel_name="python3", transport="ipc", ip=str(self._sockets / "kernel")
        )
        with self._log.open("wb") as log:
            self._manager.start_kernel(env=environment, cwd=str(folder), stdout=log, stderr=log)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        self._replies: dict[str, dict[str, Any]] = {}
        self.messages: list[dict[str, Any]] = []
        self.pushes: list[Push] = []
        #: The pushes that carry cells' records, once for each of them.
        self.records: list[dict[str, Any]] = []
        self._sent: dict[str, tuple[int, str]] = {}
        self.is_watched = False

    def stop(self):
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def interrupt(self):
        self._manager.interrupt_kernel()

    def wait_for_end(self, timeout_s=20):
        """Wait until the kernel's process has ended by itself."""
        deadline_s = time.monotonic() + timeout_s
        while self._manager.is_alive():
            assert time.monotonic() < deadline_s, "the kernel did not end"
            time.sleep(0.05)

    def log_text(self):
        return self._log.read_text(encoding="utf-8")

    def complaints(self):
        """What the kernel's own log says since the last time, IPKernelApp's greeting left out."""
        lines = self.log_text().splitlines()
        new, self._said = lines[self._said :], len(lines)
        return "\n".join(line for line in new if "jupyterlab_vram" in line or "pushed" in line)

    def forget(self):
        """Be as good as new, for the next test."""
        self.silently(_PREPARE)
        self.attach()
        assert self.leaks_now() == []
        self.messages.clear()
        self.pushes.clear()

    # Running code

    def send(self, code, *, subshell=None, cell_id=None, **options):
        """Send a request to run ``code`` and return its id."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
            **options,
        }
        session = self._client.session
        metadata = {} if cell_id is None else {"cellId": cell_id}
        message = session.msg("execute_request", content, metadata=metadata)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self._sent[message["header"]["msg_id"]] = (len(self.records), digest(code))
        self._client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def run(self, code, **options):
        """Run a cell to its end."""
        return self.finish(self.send(code, **options), is_recorded=not code.isspace())

    def finish(self, message_id, *, is_recorded=True):
        """Wait for the end of a cell, and for its record where a viewer is attached."""
        reply = self.reply_to(message_id)
        self.wait_until(lambda: "idle" in self.states(message_id))
        push = None
        if self.is_watched and is_recorded:
            push = self.wait_until(lambda: self._record_of(message_id))
        return Outcome(reply, self._messages_of(message_id), push)

    def silently(self, code, **options):
        """Run code that leaves no trace of itself; returns the reply."""
        reply = self.reply_to(self.send(code, silent=True, store_history=False, **options))
        assert reply["status"] == "ok", reply
        return reply

    def value(self, expression, **options):
        """Evaluate an expression of JSON without leaving a trace."""
        asked = {"value": f"__import__('json').dumps({expression}, default=repr)"}
        answer = self.silently("", user_expressions=asked, **options)["user_expressions"]["value"]
        assert answer["status"] == "ok", answer
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    def reply_to(self, message_id, timeout_s=60):
        deadline_s = time.monotonic() + timeout_s
        while message_id not in self._replies:
            reply = self._client.get_shell_msg(timeout=deadline_s - time.monotonic())
            self._replies[reply["parent_header"]["msg_id"]] = reply["content"]
        return self._replies.pop(message_id)

    def create_subshell(self):
        message = self._client.session.msg("create_subshell_request", {})
        self._client.control_channel.send(message)
        while True:
            reply = self._client.get_control_msg(timeout=20)
            if reply["parent_header"]["msg_id"] == message["header"]["msg_id"]:
                return reply["content"]["subshell_id"]

    # Talking to the agent

    def ask(self, op, *, archive=None, subshell=None, schema_version=SCHEMA_VERSION, **fields):
        """Ask the agent as the front end does; returns its answer."""
        request = json.dumps({"op": op, **fields})
        namespace = (
            f"{{'request': {json.dumps(request)}, 'schema_version': {schema_version}, "
            f"'archive': {'None' if archive is None else json.dumps(archive)}}}"
        )
        expression = f"{RUN}({BUILTINS}, {namespace}, {json.dumps(BOOTSTRAP)})"
        reply = self.silently("", user_expressions={"answer": expression}, subshell=subshell)
        answer = reply["user_expressions"]["answer"]
        assert answer["status"] == "ok", answer
        payload = answer["data"][MIME_TYPE]
        return payload if payload["kind"] == "missing" else checked(payload)

    def attach(self, **options):
        self.is_watched = True
        return self.ask("attach", **{"viewer": "test", "interval_ms": 250, **options})

    def detach(self, viewer="test"):
        self.is_watched = False
        return self.ask("detach", viewer=viewer)

    def leaks_now(self):
        """The leaks at this moment, by an answer rather than a push."""
        return self.ask("attach", viewer="test")["leaks"]

    # Listening

    def listen(self, seconds):
        """Read what arrives on iopub for so long."""
        deadline_s = time.monotonic() + seconds
        while (left_s := deadline_s - time.monotonic()) > 0:
            self._read(left_s)

    def wait_until(self, condition, timeout_s=30):
        """Read iopub until ``condition`` holds; returns its value."""
        deadline_s = time.monotonic() + timeout_s
        while not (value := condition()):
            assert time.monotonic() < deadline_s, "waited in vain"
            self._read(0.1)
        return value

    def states(self, message_id):
        """The execution states that were published for one request, in order."""
        return [
            each["content"]["execution_state"]
            for each in self._messages_of(message_id)
            if each["msg_type"] == "status"
        ]

    def _read(self, timeout_s):
        try:
            message = self._client.get_iopub_msg(timeout=timeout_s)
        except Empty:
            return
        self.messages.append(message)
        payload = message["content"].get("data", {}).get(MIME_TYPE)
        if payload is None:
            return
        assert message["msg_type"] == "update_display_data"
        parent = message["parent_header"]
        push = Push(parent["msg_type"], parent["msg_id"], checked(payload))
        self.pushes.append(push)
        if payload.get("finished"):
            ended = [*payload["records"], payload["finished"]]
            self.records += [{**payload, "finished": each} for each in ended]

    def _messages_of(self, message_id):
        return [
            each
            for each in self.messages
            if each["parent_header"].get("msg_id") == message_id
            and MIME_TYPE not in each["content"].get("data", {})
        ]

    def _record_of(self, message_id):
        began, code_digest = self._sent[message_id]
        for push in self.records[began:]:
            if push["finished"]["code_digest"] == code_digest:
                return push
        return None


def digest(code):
    """The agent's way to recognize a cell that is run again."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def archive(change=None):
    """The agent's files as the front end delivers them; ``change`` may alter the sources."""
    files = [each for each in PACKAGE.rglob("*.py") if each.name != "bootstrap.py"]
    sources = {
        each.relative_to(PACKAGE).as_posix(): each.read_text(encoding="utf-8") for each in files
    }
    sources["_version.py"] = '__version__ = "9.9.9"\n'
    if change is not None:
        change(sources)
    return base64.b64encode(zlib.compress(json.dumps(sources).encode())).decode()
