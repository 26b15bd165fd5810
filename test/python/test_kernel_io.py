"""What the kernel is busy with, and saying so, without a kernel."""

import threading
import types

import pytest
from zmq import ZMQError

from jupyterlab_vram.agent import channel as kernel_io
from jupyterlab_vram.agent.channel import KernelIO
from jupyterlab_vram.host.ipython import IPythonHost
from jupyterlab_vram.host.values import CannotPushError, ChannelClosedError


class Session:
    username = session = "me"

    def __init__(self, fails=None):
        self.sent, self.fails = [], fails

    def msg(self, msg_type, content, parent, header):
        return {"type": msg_type, "content": content, "parent": parent, "header": header}

    def send(self, _socket, message, ident):
        if self.fails is not None:
            raise self.fails
        self.sent.append((ident, message))


def kernel_with(**parts):
    kernel = {"session": Session(), "iopub_socket": object(), "get_parent": dict, **parts}
    shell = types.SimpleNamespace(kernel=types.SimpleNamespace(**kernel))
    return KernelIO(IPythonHost(shell).channel())


@pytest.mark.parametrize("missing", ["session", "iopub_socket", "get_parent"])
def test_what_is_no_ipykernel_is_refused(missing):
    kernel = types.SimpleNamespace(session=1, iopub_socket=2, get_parent=3)
    delattr(kernel, missing)
    with pytest.raises(CannotPushError, match="not an ipykernel"):
        IPythonHost(types.SimpleNamespace(kernel=kernel)).channel()


@pytest.mark.parametrize(
    "parts",
    [
        {"iopub_socket": None},
        {"iopub_socket": types.SimpleNamespace(io_thread=types.SimpleNamespace(closed=True))},
        {"session": Session(fails=ZMQError())},
    ],
    ids=["gone", "closed", "failing"],
)
def test_a_closed_channel_is_told_of(parts):
    with pytest.raises(ChannelClosedError):
        kernel_with(**parts).push({})


def look_from_elsewhere(io):
    found = []
    thread = threading.Thread(target=lambda: found.append(io.execution()))
    thread.start()
    thread.join()
    return found[0]


def test_only_a_cell_that_is_not_over_counts_as_running():
    io = kernel_with()
    request = {"header": {"msg_id": "a"}, "content": {"silent": False}}

    def _run_cell():
        return look_from_elsewhere(io)

    def execute_request(parent, inner):
        assert parent is request
        return inner()

    assert execute_request(request, _run_cell).request is request
    # Before IPython runs it, and while its reply is sent, its end will be or was announced.
    assert execute_request(request, lambda: look_from_elsewhere(io)) is None
    request["content"]["silent"] = True
    assert execute_request(request, _run_cell) is None
    assert look_from_elsewhere(io) is None


@pytest.mark.parametrize(
    ("running", "said"),
    [
        ([], []),
        (["a", "a"], ["busy a"]),
        (["a"], ["busy a", "idle a"]),
        (["a", "b", "b"], ["busy a", "idle a", "busy b"]),
        (["a", "b"], ["busy a", "idle a", "busy b", "idle b"]),
    ],
    ids=["nothing", "runs on", "ended", "next", "both ended"],
)
def test_what_runs_is_said_even_if_it_ends_meanwhile(monkeypatch, running, said):
    monkeypatch.setattr(kernel_io, "_REASSERT_PAUSES_S", (0,))
    io, heard, left = kernel_with(), [], list(running)
    monkeypatch.setattr(io, "say_status", lambda state, parent: heard.append(f"{state} {parent}"))
    io._reassert(lambda: left.pop(0) if left else None)
    assert heard == said
