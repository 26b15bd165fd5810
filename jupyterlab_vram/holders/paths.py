"""How to get from a holder to its first tensor, as a person would write it."""

from __future__ import annotations

import gc
import types
from collections import deque
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import attributes_of_class, bases_of, name_of_class, share
from jupyterlab_vram.devices.no_user_code import without_user_code
from jupyterlab_vram.devices.torch_private import MODULE_TABLES
from jupyterlab_vram.roots.frames import frame_items
from jupyterlab_vram.roots.referents import referents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyterlab_vram.devices.tensors import TensorReader

#: Objects that a search for one path looks at, at most.
_MAX_OBJECTS = 20_000
#: Items of one container that it looks at, at most.
_MAX_ITEMS = 2_000
_MAX_KEY_LENGTH = 40
_PLAIN_KEYS = (str, int, float, bool, type(None))

#: As every error has them, whatever its class would answer.
_ERROR_LINKS = (
    ("", BaseException.__dict__["__traceback__"].__get__),
    (".__cause__", BaseException.__dict__["__cause__"].__get__),
    (".__context__", BaseException.__dict__["__context__"].__get__),
)

Labelled = tuple[str, Any]


def path_to_tensor(
    values: list[Labelled], reader: TensorReader, is_wanted: Callable[[Any], bool]
) -> str:
    """Return the shortest path to a tensor that ``is_wanted``.

    Where only an autograd graph leads to one, the path ends with the graph's
    root. Empty where none was found.
    """
    with without_user_code():
        return _path_to_tensor(values, reader, is_wanted)


def _path_to_tensor(
    values: list[Labelled], reader: TensorReader, is_wanted: Callable[[Any], bool]
) -> str:
    pending: deque[Labelled] = deque(values)
    seen: set[int] = set()
    #: Keeps what exists only because it was asked for, so that identities stay valid.
    alive: list[Any] = []
    graph = ""
    while pending and len(seen) < _MAX_OBJECTS:
        path, item = pending.popleft()
        if id(item) in seen:
            continue
        seen.add(id(item))
        alive.append(item)
        if reader.is_tensor_class(bases_of(type(item))):
            if is_wanted(item):
                return path
            if not graph and reader.graph_of(item) is not None:
                graph = path + ".grad_fn"
        pending += [(path + label, child) for label, child in children(item)]
    return graph


def children(item: Any) -> list[Labelled]:
    """Return what ``item`` refers to, labeled; no code of the person's runs."""
    try:
        return list(_children(item))
    except Exception:
        # Changed by another thread meanwhile, or not what its class claims.
        return []


def _children(item: Any) -> Iterator[Labelled]:
    cls = type(item)
    labelled = _BY_CLASS.get(id(cls))
    if labelled is not None:
        yield from labelled(item)
    elif issubclass(cls, BaseException):
        for label, link in _ERROR_LINKS:
            yield label, link(item)
        yield from _others(item)
    else:
        yield from _others(item)


def _of_dict(item: Any) -> Iterator[Labelled]:
    for key, value in islice(item.items(), _MAX_ITEMS):
        yield key_label(key), value


def _of_sequence(item: Any) -> Iterator[Labelled]:
    for place, value in enumerate(islice(item, _MAX_ITEMS)):
        yield f"[{place}]", value


def _of_frame(item: Any) -> Iterator[Labelled]:
    for name, value in frame_items(item):
        yield f" → {item.f_code.co_name}(): {name}", value


def _of_traceback(item: Any) -> Iterator[Labelled]:
    yield "", item.tb_frame
    yield "", item.tb_next


def _of_suspended(item: Any) -> Iterator[Labelled]:
    yield "", item.gi_frame if type(item) is types.GeneratorType else item.cr_frame


def _of_method(item: Any) -> Iterator[Labelled]:
    yield ".__self__", item.__self__
    yield ".__func__", item.__func__


def _of_partial(item: Any) -> Iterator[Labelled]:
    yield ".args", item.args
    yield ".keywords", item.keywords


def _of_function(item: Any) -> Iterator[Labelled]:
    for name, cell in zip(item.__code__.co_freevars, item.__closure__ or ()):
        for value in gc.get_referents(cell):
            yield f"'s closure: {name}", value
    names = item.__code__.co_varnames[: item.__code__.co_argcount]
    defaults = item.__defaults__ or ()
    for name, value in zip(names[len(names) - len(defaults) :], defaults):
        yield f"'s default: {name}", value
    for name, value in (item.__kwdefaults__ or {}).items():
        yield f"'s default: {name}", value
    for name, value in item.__dict__.items():
        yield f".{name}", value


def _others(item: Any) -> Iterator[Labelled]:
    """What an object of any class refers to: its attributes by name, else by their class."""
    named: set[int] = set()
    for name, value in _attributes(item, named):
        named.add(id(value))
        if name in MODULE_TABLES and type(value) is dict:
            for key, part in value.items():
                named.add(id(part))
                yield f".{key}", part
        else:
            yield f".{name}", value
    for value in referents(item):
        if id(value) not in named and gc.is_tracked(value) and not issubclass(type(value), type):
            yield ("" if type(value) is dict else f" → {name_of_class(type(value))}"), value


def _attributes(item: Any, named: set[int]) -> list[tuple[str, Any]]:
    """An object's own attributes, in its dictionary (added to ``named``) and in its slots."""
    found: list[tuple[str, Any]] = []
    for base in bases_of(type(item)):
        own = attributes_of_class(base)
        for name, slot in own.items():
            if type(slot) is types.MemberDescriptorType and not name.startswith("__"):
                try:
                    found.append((name, slot.__get__(item)))
                except AttributeError:
                    continue
        getter = own.get("__dict__")
        if type(getter) is types.GetSetDescriptorType:
            try:
                names = getter.__get__(item)
            except Exception:  # noqa: S112 - some classes only claim to have one
                continue
            if type(names) is dict:
                named.add(id(names))
                found += [(key, value) for key, value in names.items() if type(key) is str]
    return found


def key_label(key: Any) -> str:
    """Return how a person would write one key of a dictionary; keys of other classes by class."""
    if share((type(key),), _PLAIN_KEYS):
        text = repr(key)
        return f"[{text if len(text) <= _MAX_KEY_LENGTH else text[:_MAX_KEY_LENGTH] + '…'}]"
    return f"[<{name_of_class(type(key))}>]"


#: How to label what objects of one class refer to, by the identity of the class.
_BY_CLASS: dict[int, Callable[[Any], Iterator[Labelled]]] = {
    id(dict): _of_dict,
    id(list): _of_sequence,
    id(tuple): _of_sequence,
    id(deque): _of_sequence,
    id(types.FunctionType): _of_function,
    id(types.FrameType): _of_frame,
    id(types.TracebackType): _of_traceback,
    id(types.GeneratorType): _of_suspended,
    id(types.CoroutineType): _of_suspended,
    id(types.MethodType): _of_method,
    id(partial): _of_partial,
}
