"""Notebooks as people write them, and holders that a person might choose in each.

Each was written after something that people reported or that a tutorial shows; ``source`` says
what. ``N`` in a name is the number of the last cell, and a star marks a group.
"""

from __future__ import annotations

from dataclasses import dataclass

_LOOP = """
model = nn.Sequential(nn.Linear(1024, 2048), nn.ReLU(), nn.Linear(2048, 1024))
optimizer = torch.optim.Adam(model.parameters())
criterion = nn.MSELoss()
inputs, targets = torch.randn(2048, 1024), torch.randn(2048, 1024)
for epoch in range(2):
    optimizer.zero_grad()
    outputs = model(inputs)
    loss = criterion(outputs, targets)
    loss.backward()
    optimizer.step()
"""
_NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(8192, 512)
        self.out = nn.Linear(512, 8192)
    def forward(self, x):
        return self.out(self.embed(x))
"""


@dataclass(frozen=True)
class Notebook:
    """One notebook, and what is chosen together once its cells have run."""

    name: str
    source: str
    cells: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    needs: tuple[str, ...] = ()


NOTEBOOKS = [
    Notebook(
        "training loop with Adam",
        "pytorch.org tutorials; discuss.pytorch.org/t/947",
        (_LOOP, "del model"),
        (("optimizer",), ("optimizer", "outputs", "loss"), ("inputs", "targets", "outputs")),
    ),
    Notebook(
        "history of losses with their graphs",
        "pytorch.org/docs/notes/faq: accumulating history",
        (
            "model = nn.Linear(2048, 2048)",
            "losses = []\nfor _ in range(4):\n    batch = torch.randn(2048, 2048)\n"
            "    loss = (model(batch).relu() ** 2).mean()\n    losses.append(loss)",
        ),
        (("losses",), ("losses", "loss"), ("losses", "loss", "batch", "model")),
    ),
    Notebook(
        "outputs kept by Out",
        "jupyter-widgets/ipywidgets#3544: Out keeps what a cell showed",
        (
            "features = torch.randn(4096, 2048)",
            "scores = features @ features.T\nscores",
            "scores.softmax(1)",
        ),
        (("Out[N]",), ("*all",), ("*outputs", "scores"), ("scores", "features")),
    ),
    Notebook(
        "a traceback that keeps a training step",
        "GPU memory after an exception in a notebook, as in fast.ai's and PyTorch's forums",
        (
            _NET + "net = Net()\n"
            "def step(tokens):\n"
            "    hidden = net.embed(tokens)\n"
            "    logits = net.out(hidden)\n"
            "    return logits.view(7, -1)",
            "step(torch.randint(0, 8192, (2048,)))",
        ),
        (("*tracebacks",), ("*tracebacks", "net"), ("net",)),
    ),
    Notebook(
        "a widget's callback that closes over a model",
        "cdtools-developers/cdtools#87: callbacks that close over stale tensors",
        (
            "import ipywidgets as widgets\n"
            "button = widgets.Button(description='Predict')\n"
            "model = nn.Linear(4096, 4096)\n"
            "results = []\n"
            "def predict(_event, model=model):\n"
            "    results.append(model(torch.randn(1024, 4096)))\n"
            "button.on_click(predict)",
            "predict(None); predict(None)",
            "del model, predict",
        ),
        (("results",), ("button",), ("results", "button")),
        ("ipywidgets",),
    ),
    Notebook(
        "pandas and torch",
        "notebooks that keep embeddings in a frame's column",
        (
            "import pandas as pd\n"
            "frame = pd.DataFrame({'id': range(6)})\n"
            "frame['embedding'] = [torch.randn(1024, 1024) for _ in range(6)]\n"
            "best = frame['embedding'].iloc[0]",
            "view = frame.head(3)",
        ),
        (("frame",), ("frame", "view"), ("frame", "view", "best")),
        ("pandas",),
    ),
    Notebook(
        "a model in an attribute of a class",
        "services that load once: class Predictor: model = None",
        (
            "class Predictor:\n"
            "    model = None\n"
            "    cache = {}\n"
            "    @classmethod\n"
            "    def load(cls):\n"
            "        cls.model = nn.Linear(4096, 4096)\n"
            "    @classmethod\n"
            "    def predict(cls, key):\n"
            "        cls.cache[key] = cls.model(torch.randn(2048, 4096)).detach()\n"
            "        return cls.cache[key]",
            "Predictor.load(); first = Predictor.predict('a'); Predictor.predict('b');",
        ),
        (
            ("Predictor.model",),
            ("Predictor.cache",),
            ("Predictor.model", "Predictor.cache", "first"),
        ),
    ),
    Notebook(
        "two models that share an embedding",
        "weight tying, as in pytorch/examples word_language_model",
        (
            _NET + "encoder, decoder = Net(), Net()\ndecoder.embed = encoder.embed\n"
            "decoder.out.weight = encoder.embed.weight",
        ),
        (("encoder",), ("decoder",), ("encoder", "decoder")),
    ),
    Notebook(
        "checkpoints in a list",
        "PrimeIntellect-ai/prime-rl#2154: a state_dict that keeps tensors",
        (
            "import copy\nmodel = nn.Linear(3072, 3072)\ncheckpoints = []\n"
            "for epoch in range(3):\n"
            "    checkpoints.append({'epoch': epoch, 'state': copy.deepcopy(model.state_dict())})\n"
            "best = checkpoints[1]\nlive = model.state_dict()",
        ),
        (
            ("checkpoints",),
            ("checkpoints", "best"),
            ("model", "live"),
            ("model",),
        ),
    ),
    Notebook(
        "a data loader with workers",
        "pytorch.org/docs/stable/data: DataLoader with num_workers",
        (
            "from torch.utils.data import DataLoader, TensorDataset\n"
            "data = TensorDataset(torch.randn(8192, 1024), torch.arange(8192))\n"
            "loader = DataLoader(data, batch_size=2048, num_workers=2)\n"
            "batches = [x for x, _ in loader]\nmeans = [x * 2 for x in batches]",
        ),
        (("means",), ("loader", "data"), ("batches", "means")),
    ),
    Notebook(
        "hooks that keep activations",
        "jacobgil/pytorch-grad-cam#71: activations pile up on the device",
        (
            "activations = []\nmodel = nn.Sequential(nn.Linear(2048, 2048), nn.ReLU())\n"
            "handle = model[0].register_forward_hook(lambda m, i, o: activations.append(o))\n"
            "x = torch.randn(2048, 2048)",
            "for _ in range(3):\n    y = model(x)",
        ),
        (("activations",), ("activations", "y"), ("activations", "y", "model", "handle")),
    ),
    Notebook(
        "a hook that refers to its own module",
        "pytorch/pytorch#46386: a forward hook with access to self",
        (
            "class Leaky(nn.Module):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.body = nn.Linear(4096, 4096)\n"
            "        def hook(module, given, out):\n"
            "            self.seen = out\n"
            "        self.register_forward_hook(hook)\n"
            "    def forward(self, x):\n"
            "        return self.body(x)",
            "gc.disable()\nfor _ in range(3):\n    net = Leaky()\n    out = net(torch.randn(1024, 4096))",
        ),
        (("net",), ("net", "out"), ("out",)),
    ),
]
