"""Ordinary ways to leave device memory behind, as cells, with who holds it then.

``DEVICE`` stands for the device; a model, a large tensor and inputs of the model are those of
a ``Size``, in which a shape is run. The last cell of a shape is the one after which a person
wonders where the memory is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BIG, MODEL, X, WIDE_X = "A_BIG_TENSOR", "A_MODEL", "AN_INPUT", "A_WIDE_INPUT"


@dataclass(frozen=True)
class Size:
    """What the tensors of a shape are like."""

    name: str
    width: int
    layers: int
    dtype: str
    big: str

    def filled(self, code: str) -> str:
        """Put this size's tensors into the code of a shape."""
        like = f"device='DEVICE', dtype={self.dtype}"
        layer = f"nn.Linear({self.width}, {self.width}, {like})"
        words = {
            BIG: f"torch.ones({self.big}, {like})",
            MODEL: f"nn.Sequential(*[{layer} for _ in range({self.layers})])",
            WIDE_X: f"torch.ones(256, {self.width}, {like})",
            X: f"torch.ones(64, {self.width}, {like})",
        }
        for word, meaning in words.items():
            code = code.replace(word, meaning)
        return code


#: Tensors of 64 MiB, a model of four weights of 16 MiB.
FLOAT = Size("float32", 2048, 4, "torch.float32", "16 * 2**20")
#: Weights of 32 MiB each, as many models have them: just the size of cuBLAS's workspace on Hopper.
BFLOAT = Size("bfloat16 4096 x 4096", 4096, 2, "torch.bfloat16", "4096, 4096")
SIZES = (FLOAT, BFLOAT)


@dataclass(frozen=True)
class Shape:
    """One way to hold memory."""

    name: str
    cells: list[str]
    #: Regular expressions: each must match the name of one holder.
    holders: list[str] = field(default_factory=list)
    kind: str = "variable"
    #: What frees it where no holder has a line: cells that end what runs.
    ending: list[str] = field(default_factory=list)
    #: Modules that it needs besides torch, or ``cuda``.
    needs: tuple[str, ...] = ()
    #: Nothing is wrong: there must be no warning, and it may stay allocated.
    benign: bool = False


def held(name: str, *cells: str, by: str, kind: str = "variable", **more: object) -> Shape:
    """A shape in which one thing holds the memory."""
    return Shape(name, list(cells), [by], kind, **more)  # type: ignore[arg-type]


VARIABLES = [
    held("a variable", f"x = {BIG}", by="x"),
    held("a second name", f"model = {MODEL}\nbackup = model", "del model", by="backup"),
    held("a list", f"model = {MODEL}", "kept = [model]", "del model", by="kept"),
    held("a deep container", f"deep = {{'a': [({{'b': [{BIG}]}},)]}}", by="deep"),
    held("a set", f"kept = {{{BIG}}}", by="kept"),
    held(
        "a deque", f"from collections import deque\nrecent = deque([{BIG}], maxlen=3)", by="recent"
    ),
    held(
        "a dataclass",
        "from dataclasses import dataclass\n@dataclass\nclass Batch:\n    x: object\n"
        f"batch = Batch({BIG})",
        by="batch",
    ),
    held(
        "slots",
        f"class Slotted:\n    __slots__ = ('x',)\nslotted = Slotted()\nslotted.x = {BIG}",
        by="slotted",
    ),
    held(
        "an object's attribute",
        f"class Trainer: pass\ntrainer = Trainer()\ntrainer.net = {MODEL}",
        by="trainer",
    ),
    held(
        "a closure", f"def outer():\n    x = {BIG}\n    return lambda: x\nuse = outer()", by="use"
    ),
    held("a default argument", f"def use(x={BIG}): return x", by="use"),
    held("a keyword default", f"def use(*, x={BIG}): return x", by="use"),
    held("a partial", f"from functools import partial\nuse = partial(print, {BIG})", by="use"),
    held("a bound method", f"model = {MODEL}\nrun = model.forward", "del model", by="run"),
    held("a function's attribute", f"def step(): pass\nstep.last = {BIG}", by="step"),
    held(
        "an lru_cache",
        f"from functools import lru_cache\n@lru_cache\ndef load(): return {BIG}\n_ = load()\ndel _",
        by="load",
    ),
    held(
        "a copy of globals()",
        f"model = {MODEL}\nsnapshot = dict(globals())",
        "del model",
        by="snapshot",
    ),
    held("a view of a large tensor", f"x = {BIG}\nrow = x[0:10]", "del x", by="row"),
    held("a view of the end of one", f"x = {BIG}\nrow = x[-10:]", "del x", by="row"),
    held(
        "an array of objects",
        f"import numpy\nbatch = numpy.empty(2, dtype=object)\nbatch[0] = {BIG}",
        by="batch",
        needs=("numpy",),
    ),
    held(
        "an array in an object",
        "import numpy\nclass Data: pass\ndata = Data()\ndata.rows = numpy.empty(2, dtype=object)\n"
        f"data.rows[1] = {BIG}",
        by="data",
        needs=("numpy",),
    ),
    held("a storage", f"x = {BIG}\nstorage = x.untyped_storage()", "del x", by="storage"),
    held("the state_dict", f"model = {MODEL}\nstate = model.state_dict()", "del model", by="state"),
    held("a private variable", f"_hidden = {BIG}", by="_hidden"),
    held(
        "the middle of a long list",
        f"rows = [[n] for n in range(50_000)]\nrows[25_000].append({BIG})",
        by="rows",
    ),
    held(
        "a sparse tensor",
        "i = torch.arange(2**22, device='DEVICE')\n"
        "sparse = torch.sparse_coo_tensor(torch.stack([i, i]), torch.ones(2**22, device='DEVICE'))\ndel i",
        by="sparse",
    ),
    held(
        "a subclass of tensor",
        f"class Mine(torch.Tensor): pass\nx = {BIG}.as_subclass(Mine)",
        by="x",
    ),
    held(
        "an ExitStack",
        f"from contextlib import ExitStack\nstack = ExitStack()\nstack.callback(print, {BIG})",
        by="stack",
    ),
    held(
        "a copied context",
        f"import contextvars\nvar = contextvars.ContextVar('v')\ncontext = contextvars.copy_context()\ntoken = context.run(var.set, {BIG})\ndel token",
        by="context",
    ),
]

CLASSES_AND_MODULES = [
    held(
        "a class attribute", f"class Config:\n    cache = {BIG}", by=r"Config\.cache", kind="module"
    ),
    held(
        "a registry in a class",
        f"class Registry:\n    items = {{}}\nRegistry.items['m'] = {MODEL}",
        by=r"Registry\.items",
        kind="module",
    ),
    held(
        "a module's global",
        "import sys, types\nhelpers = types.ModuleType('helpers')\nsys.modules['helpers'] = helpers\n"
        f"helpers.CACHE = [{BIG}]",
        by=r"helpers\.CACHE",
        kind="module",
    ),
    held(
        "a module that no name has",
        "import sys, types\nsys.modules['far'] = types.ModuleType('far')\n"
        f"sys.modules['far'].CACHE = {BIG}",
        by=r"far\.CACHE",
        kind="module",
    ),
    held(
        "a library's global",
        f"import json.decoder\njson.decoder.kept = [{BIG}]",
        by=r"json\.decoder\.kept",
        kind="module",
    ),
]

OUTPUTS = [
    held("Out", f"model = {MODEL}", "model", "del model", by=r"Out\[\d+\]", kind="output"),
    held("Out of an expression", f"{BIG}", by=r"Out\[\d+\]", kind="output"),
    held("Out after two more", f"{BIG}", "1", "2", by=r"Out\[\d+\]", kind="output"),
    held("Out, emptied by hand", f"{BIG}", "Out.clear()", by=r"_\d+|_", kind="display"),
    held("Out, reset", f"{BIG}", "%reset -f out", by=r".*", kind="display"),
    held(
        "underscore, set to None",
        f"{BIG}",
        "Out.clear(); _ = None\nfor name in [n for n in globals() if n[1:].isdigit()]: del globals()[name]",
        by=r".*",
        kind="display",
    ),
    held(
        "a name that was pushed",
        f"get_ipython().push({{'x': {BIG}}}, interactive=False)",
        "del x",
        by=r"user_ns_hidden\['x'\]",
        kind="display",
    ),
]

ERRORS = [
    held(
        "the error of a cell that imports",
        "import sys\nfor name in [n for n in sys.modules if n.split('.')[0] == 'wave']: del sys.modules[name]\n"
        f"import wave, torch\ndef fit():\n    batch = {BIG}\n    1 / 0\nfit()",
        "1",
        by=r"fit\(\) in the last traceback",
        kind="traceback",
    ),
    held(
        "the last traceback",
        f"def fit():\n    batch = {BIG}\n    1 / 0\nfit()",
        by=r"fit\(\) in the last traceback",
        kind="traceback",
    ),
    held(
        "the last traceback, sys.last_* deleted",
        f"def fit():\n    batch = {BIG}\n    1 / 0\nfit()",
        "import sys\nfor n in ('last_type', 'last_value', 'last_traceback', 'last_exc'): vars(sys).pop(n, None)",
        by=r"fit\(\) in the last traceback",
        kind="traceback",
    ),
    held(
        "an exception chain",
        f"def inner():\n    batch = {BIG}\n    1 / 0\ndef outer():\n    try: inner()\n"
        "    except ZeroDivisionError as e: raise RuntimeError('x') from e\nouter()",
        by=r"inner\(\) in the last traceback",
        kind="traceback",
    ),
    held(
        "a hidden context",
        f"def inner():\n    batch = {BIG}\n    1 / 0\ndef outer():\n    try: inner()\n"
        "    except ZeroDivisionError: raise RuntimeError('x') from None\nouter()",
        by=r"inner\(\) in the last traceback",
        kind="traceback",
    ),
    held(
        "a saved exception",
        f"def fit():\n    batch = {BIG}\n    1 / 0\ntry: fit()\nexcept Exception as e: err = e",
        by="err",
    ),
    held("an exception's argument", f"err = ValueError({BIG})", by="err"),
]

TRAINING = [
    held(
        "an optimizer's state",
        f"model = {MODEL}\noptimizer = torch.optim.Adam(model.parameters())\n"
        f"model({X}).sum().backward(); optimizer.step()",
        "del model",
        by="optimizer",
    ),
    held(
        "a scheduler's optimizer",
        f"model = {MODEL}\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)\n"
        f"model({X}).sum().backward(); optimizer.step()\nscheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)",
        "del model, optimizer",
        by="scheduler",
    ),
    held("gradients", f"model = {MODEL}\nmodel({X}).sum().backward()", by="model"),
    held(
        "a forward hook",
        f"model = {MODEL}\nseen = []\nmodel[0].register_forward_hook(lambda m, a, out: seen.append(out))\n"
        f"for _ in range(24): y = model({WIDE_X})",
        "del model, y",
        by="seen",
        kind="autograd graph",
    ),
    held(
        "a backward hook",
        f"model = {MODEL}\nstore = {{'extra': {BIG}}}\n"
        "model[0].register_full_backward_hook(lambda m, a, b, s=store: None)\ndel store",
        by="model",
    ),
    held(
        "a tensor's hook",
        f"w = torch.ones(10, device='DEVICE', requires_grad=True)\ny = w * 2\nextra = {BIG}\n"
        "y.register_hook(lambda g, e=extra: None)\ndel extra",
        by="y",
    ),
    held(
        "a global hook",
        f"extra = {BIG}\nhandle = nn.modules.module.register_module_forward_hook(lambda *a, e=extra: None)\ndel extra, handle",
        by=r"torch\.nn\.modules\.module\._global_forward_hooks",
        kind="module",
    ),
]

GRAPHS = [
    held(
        "a kept output",
        f"model = {MODEL}\ny = model({X})",
        "del model",
        by="y",
        kind="autograd graph",
    ),
    held(
        "a list of losses",
        f"model = {MODEL}\nlosses = []\nfor _ in range(3): losses.append(model({X}).sum())",
        "del model",
        by="losses",
        kind="autograd graph",
    ),
    held(
        "activations without an object",
        f"w = torch.ones(1, device='DEVICE', requires_grad=True)\n"
        f"loss = ((w * {BIG}).exp() * 2).sin().sum()",
        by="loss",
        kind="autograd graph",
    ),
    held(
        "a function of one's own",
        "class Keep(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n"
        f"        ctx.save_for_backward({BIG}); ctx.more = {BIG}\n        return x * 2\n"
        "    @staticmethod\n    def backward(ctx, g): return g\n"
        "y = Keep.apply(torch.ones(1, device='DEVICE', requires_grad=True))",
        by="y",
        kind="autograd graph",
    ),
    held(
        # Query, key and value are three views of one tensor that nobody else keeps.
        "what attention saved",
        "attention = nn.MultiheadAttention(1024, 16, batch_first=True, device='DEVICE')\n"
        "x = torch.ones(8, 512, 1024, device='DEVICE')\n"
        "y = attention(x, x, x, need_weights=False)[0]",
        "del attention, x",
        by="y",
        kind="autograd graph",
        needs=("cuda",),
    ),
    held(
        "a node of a graph",
        f"w = torch.ones(1, device='DEVICE', requires_grad=True)\nnode = (w * {BIG}).exp().grad_fn",
        by="node",
        kind="autograd graph",
    ),
]

RUNNING = [
    held(
        "a thread's local",
        "import threading\ndone, ready = threading.Event(), threading.Event()\n"
        f"def work():\n    x = {BIG}\n    ready.set()\n    done.wait()\n"
        "threading.Thread(target=work, name='worker').start()\nready.wait(); None",
        by=r"work\(\) in thread worker",
        kind="thread",
        ending=["done.set()"],
    ),
    held(
        "a thread's argument",
        "import threading\ndone = threading.Event()\ndef work(x): done.wait()\n"
        f"threading.Thread(target=work, args=({BIG},), name='worker').start()",
        by=r"work\(\) in thread worker",
        kind="thread",
        ending=["done.set()"],
    ),
    held(
        "a suspended generator",
        f"def batches():\n    x = {BIG}\n    yield 1\n    yield x\nsteps = batches(); next(steps)",
        by="steps",
    ),
    held(
        "a coroutine",
        f"async def later(x): pass\npending = later({BIG})",
        by="pending",
        ending=["pending.close()"],
    ),
    held(
        "an asyncio task",
        f"import asyncio\nasync def fetch():\n    x = {BIG}\n    await asyncio.sleep(600)\n"
        "task = asyncio.get_running_loop().create_task(fetch()) if False else asyncio.ensure_future(fetch())\nawait asyncio.sleep(0.05)\ndel task",
        by=r"fetch\(\) in Task-\d+",
        kind="task",
    ),
    held("a queue", f"import queue\njobs = queue.Queue()\njobs.put({BIG})", by="jobs"),
    held(
        "a finished future",
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(1) as pool:\n"
        f"    future = pool.submit(lambda: {BIG})\n    future.result(); ",
        by="future",
    ),
]

CYCLES = [
    held(
        "a cycle",
        f"import gc; gc.disable()\nmodel = {MODEL}\nmodel.me = [model]",
        "del model",
        by="cycle through Sequential",
        kind="cycle",
    ),
    held(
        "a cycle of one's own class",
        f"import gc; gc.disable()\nclass Node: pass\na = Node(); b = Node(); a.b = b; b.a = a; a.x = {BIG}",
        "del a, b",
        by="cycle through Node",
        kind="cycle",
    ),
    held(
        "a function that knows itself",
        f"import gc; gc.disable()\ndef outer():\n    x = {BIG}\n    def inner(): return inner, x\n    return inner\n"
        "f = outer()",
        "del f",
        by="cycle through .*",
        kind="cycle",
    ),
    held(
        "gc.garbage",
        f"import gc\ngc.set_debug(gc.DEBUG_SAVEALL)\nclass Node: pass\na = Node(); a.me = a; a.x = {BIG}\ndel a\ngc.collect()\ngc.set_debug(0)",
        by=r"gc\.garbage",
        kind="cycle",
    ),
]

#: Ways that others met and wrote of; where, is said with each. Each ends what it began.
STRANGERS = [
    held(
        # https://github.com/huggingface/transformers/pull/45780, pytorch/pytorch#149354
        "a cache on a method",
        "import functools\nclass Layer(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.net = {MODEL}\n    @functools.lru_cache\n    def anchors(self, n): return n\n"
        "layer = Layer(); layer.anchors(3); None",
        "del layer",
        by=r"Layer\.anchors",
        kind="module",
    ),
    held(
        # https://github.com/pytorch/pytorch/issues/28647
        "a lambda that knows its module",
        f"import gc; gc.disable()\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.net = {MODEL}; self.act = lambda x: self.net(x)\nnet = Net()",
        "del net",
        by="cycle through Net",
        kind="cycle",
    ),
    held(
        "a logger's handler",
        "import logging.handlers\nlogging.getLogger('far').addHandler(logging.handlers.MemoryHandler(100))\n"
        f"logging.getLogger('far').warning('%s', {BIG})",
        by=r"logging\.getLogger\('far'\)",
        kind="module",
        ending=["logging.getLogger('far').handlers.clear()"],
    ),
    held(
        # https://github.com/dask/distributed/issues/3144
        "a finalizer's argument",
        f"import weakref\nclass Owner: pass\nowner = Owner()\nweakref.finalize(owner, print, {BIG}).atexit = False",
        by=r"weakref\.finalize\._registry",
        kind="module",
        ending=[
            "import weakref; [each.detach() for each in list(weakref.finalize._registry) if (each.peek() or [None])[0] is owner]; None"
        ],
    ),
    held(
        "a callback at exit",
        f"import atexit\ndef register():\n    x = {BIG}\n    def at_exit(): x\n    atexit.register(at_exit)\nregister()",
        by="function register.<locals>.at_exit without a name",
        kind="module",
        ending=["atexit._clear()"],
    ),
    held(
        "a context variable",
        f"import contextvars\nvar = contextvars.ContextVar('batch')\nvar.set({BIG}); None",
        by="context variable batch",
        kind="module",
        ending=["var.set(None); None"],
    ),
    held(
        # https://github.com/Lightning-AI/pytorch-lightning/issues/3275: trainers put handlers there.
        "a handler of a signal",
        f"import signal\ndef catch():\n    x = {BIG}\n    signal.signal(signal.SIGUSR2, lambda *_: x)\ncatch()",
        by=r"signal\.getsignal\(\d+\)",
        kind="module",
    ),
    held(
        "a profiler",
        f"import sys\ndef trace():\n    x = {BIG}\n    sys.setprofile(lambda *_: None if x is None else None)\ntrace()",
        by=r"sys\.getprofile\(\)",
        kind="module",
    ),
    held(
        "a name among the builtins",
        f"import builtins\nbuiltins.net = {BIG}",
        by=r"builtins\.net",
        kind="module",
    ),
    held(
        "a replaced function of a library",
        f"import warnings\ndef replace():\n    x = {BIG}\n    def show(*_, **__): x\n    warnings.mine = show\nreplace()",
        by=r"warnings\.mine",
        kind="module",
        ending=["del warnings.mine"],
    ),
    held(
        "IPython's callbacks",
        f"def register():\n    x = {BIG}\n    def after(*_): x\n    get_ipython().events.register('post_run_cell', after)\nregister()",
        by=r"IPython\.core\.events\.EventManager",
        kind="module",
        ending=["get_ipython().events.callbacks['post_run_cell'].pop(); None"],
    ),
    held(
        # https://github.com/python/cpython/issues/98467
        "work that waits for a thread",
        "from concurrent.futures import ThreadPoolExecutor\nimport threading\ndone = threading.Event()\n"
        f"pool = ThreadPoolExecutor(1); pool.submit(done.wait); pool.submit(len, {BIG}); del pool",
        by=r"thread ThreadPoolExecutor-\d+_0",
        kind="thread",
        ending=["done.set()"],
    ),
    held(
        "a callback of the event loop",
        f"import asyncio\ndef later():\n    x = {BIG}\n    def callback(): x\n"
        "    asyncio.get_running_loop().call_later(600, callback)\nlater()",
        by=r"later\.<locals>\.callback\(\) in the event loop",
        kind="task",
        ending=[
            "loop = asyncio.get_running_loop()\n"
            "[each.cancel() for each in loop._scheduled if 'later' in repr(each)]; del loop"
        ],
    ),
    held(
        # https://github.com/pytorch/pytorch/issues/36874, #26188, #10348
        "a caught error in a list",
        f"errors = []\ndef fit():\n    model = {MODEL}\n    raise RuntimeError('CUDA out of memory')\n"
        "for _ in range(1):\n    try: fit()\n    except RuntimeError as e: errors.append(e)",
        by="errors",
    ),
    held(
        # https://github.com/jmschrei/tangermeme/pull/84
        "inputs that a hook left on modules",
        f"model = {MODEL}\ndef keep(m, a, out): m.kept_input = a[0].detach(); m.kept_output = out.detach()\n"
        f"handles = [m.register_forward_hook(keep) for m in model]\ny = model({WIDE_X})\n"
        "for h in handles: h.remove()\ndel handles, y, h",
        by="model",
    ),
    held(
        "calls that a mock remembers",
        f"from unittest import mock\nlog = mock.Mock(); log({BIG}); None",
        by="log",
    ),
    held(
        "a local of a thread",
        f"import threading\nlocal = threading.local()\nlocal.x = {BIG}",
        by="local",
    ),
]

TWO = [
    Shape("two variables", [f"x = {BIG}", "y = [x]"], ["x", "y"]),
    Shape(
        # Met in an issue of this project: `del mem` promised all, and freed nothing.
        "a handler that a logger has, too",
        [
            "import logging.handlers\nmem = logging.handlers.MemoryHandler(100)\n"
            "logging.getLogger('mine').addHandler(mem)\n"
            f"logging.getLogger('mine').warning('%s', {BIG})"
        ],
        ["mem", r"logging\.getLogger\('mine'\)"],
        ending=["logging.getLogger('mine').handlers.clear()"],
    ),
    Shape("a variable and Out", [f"model = {MODEL}", "model"], ["model", r"Out\[\d+\]"]),
    Shape(
        "a graph and an optimizer",
        [
            f"model = {MODEL}\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\ny = model({X})",
            "del model",
        ],
        ["y", "optimizer"],
    ),
]

LIBRARIES = [
    held(
        "accelerate's hooks",
        f"from accelerate.hooks import ModelHook, add_hook_to_module\nmodel = {MODEL}\n"
        "class Keep(ModelHook):\n    def __init__(self): self.extra = ["
        + BIG
        + "]\nmodel[0] = add_hook_to_module(model[0], Keep())",
        by="model",
        needs=("accelerate",),
    ),
    held(
        "a pipeline of transformers",
        "from transformers import AutoModelForCausalLM, LlamaConfig\n"
        "config = LlamaConfig(hidden_size=1024, intermediate_size=2048, num_hidden_layers=2, num_attention_heads=8, vocab_size=8000)\n"
        "lm = AutoModelForCausalLM.from_config(config).to('DEVICE')\nout = lm(torch.ones(1, 8, dtype=torch.long, device='DEVICE'))",
        "del lm",
        by="out",
        kind="autograd graph",
        needs=("transformers",),
    ),
    held(
        "a compiled module",
        "model = nn.Linear(4096, 4096, device='DEVICE')\nfast = torch.compile(model, backend='eager')\ny = fast(torch.ones(1, 4096, device='DEVICE'))\ndel y",
        "del model",
        by="fast",
        needs=("compile",),
    ),
]

CUDA = [
    held(
        "a CUDA graph's pool",
        "s = torch.randn(4096, 4096, device='DEVICE')\ngraph = torch.cuda.CUDAGraph()\ntorch.cuda.synchronize()\n"
        "with torch.no_grad(), torch.cuda.graph(graph): out = (s @ s).relu() @ s",
        "del s, out",
        by="CUDA graph of graph",
        kind="cuda graph pool",
        needs=("cuda",),
    ),
    held(
        "fragmentation",
        "pairs = [(torch.empty(11 * 2**20, dtype=torch.uint8, device='DEVICE'), torch.empty(1100 * 2**10, dtype=torch.uint8, device='DEVICE')) for _ in range(100)]\n"
        "scraps = [small for _, small in pairs]",
        "del pairs",
        by="fragmentation",
        kind="fragmentation",
        needs=("cuda",),
    ),
]

BENIGN = [
    Shape("a plain del", [f"model = {MODEL}", "del model"], benign=True),
    Shape(
        "the first matrix product",
        ["a = torch.ones(64, 64, device='DEVICE')", "b = a @ a", "del a, b"],
        benign=True,
    ),
    Shape(
        "models that are loaded on purpose",
        [f"a = {MODEL}", f"b = {MODEL}", f"c = {MODEL}"],
        benign=True,
    ),
    Shape(
        "a training loop",
        [
            f"model = {MODEL}\noptimizer = torch.optim.Adam(model.parameters())",
            *[f"loss = model({X}).sum(); loss.backward(); optimizer.step(); optimizer.zero_grad()"]
            * 4,
        ],
        benign=True,
    ),
    Shape("a name that moves", [f"model = {MODEL}", "net = model; del model"], benign=True),
    Shape(
        "an optimizer that is dropped",
        [f"model = {MODEL}\noptimizer = torch.optim.Adam(model.parameters())", "del optimizer"],
        benign=True,
    ),
    Shape(
        "x = layer(x)", [f"model = {MODEL}\nx = {X}", "x = model(x)", "x = x.relu()"], benign=True
    ),
]

HELD = [
    *VARIABLES,
    *CLASSES_AND_MODULES,
    *OUTPUTS,
    *ERRORS,
    *TRAINING,
    *GRAPHS,
    *RUNNING,
    *CYCLES,
    *STRANGERS,
    *TWO,
    *LIBRARIES,
    *CUDA,
]
ALL = [*HELD, *BENIGN]
