"""The walker finds every way that leads from an object, and no module."""

from __future__ import annotations

import functools
import sys
import types
import weakref
from dataclasses import dataclass

import numpy as np
import pytest

from nasbench.testing import reachable


class Secret:
    """Something that should not be found."""

    def method(self):
        return self


SECRET_OF_THIS_MODULE = Secret()


class Slotted:
    __slots__ = ("held",)

    def __init__(self, held):
        self.held = held


@dataclass(frozen=True, slots=True)
class Frozen:
    held: object


class Plain:
    def __init__(self, held):
        self.held = held


def in_a_closure(secret):
    return lambda: secret


def in_a_default(secret):
    def function(held=secret):
        return held

    return function


def in_a_keyword_default(secret):
    def function(*, held=secret):
        return held

    return function


def on_a_function(secret):
    def function():
        return None

    function.held = secret
    return function


def in_a_generator(secret):
    generator = (held for held in [secret, secret])
    next(generator)
    return generator


def on_a_class(secret):
    return type("Holder", (), {"held": secret})()


def in_a_cell_of_a_method(secret):
    class Holder:
        def method(self):
            return secret

    return Holder()


def in_a_cache(secret):
    @functools.lru_cache
    def function(key):
        return secret

    function(1)
    return function


def in_a_cycle(secret):
    one: list = [secret]
    two = [one]
    one.append(two)
    return two


WAYS = {
    "itself": lambda secret: secret,
    "list": lambda secret: [1, [secret]],
    "tuple": lambda secret: (1, (secret,)),
    "dictionary value": lambda secret: {"a": {"b": secret}},
    "dictionary key": lambda secret: {secret: 1},
    "set": lambda secret: {secret},
    "attribute": Plain,
    "slot": Slotted,
    "frozen slot": Frozen,
    "bound method": lambda secret: secret.method,
    "partial": lambda secret: functools.partial(print, secret),
    "closure": in_a_closure,
    "default": in_a_default,
    "keyword default": in_a_keyword_default,
    "function attribute": on_a_function,
    "generator": in_a_generator,
    "iterator": lambda secret: iter([secret]),
    "map": lambda secret: map(str, [secret]),
    "class attribute": on_a_class,
    "method's closure": in_a_cell_of_a_method,
    "property": lambda secret: property(lambda self: secret),
    "cache": in_a_cache,
    "cycle": in_a_cycle,
    "mapping proxy": lambda secret: types.MappingProxyType({"a": secret}),
    "object array": lambda secret: np.array([[None, secret]], dtype=object),
    "view of an object array": lambda secret: np.array([secret, None], object)[1:],
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_found(way):
    secret = Secret()
    root = WAYS[way](secret)
    assert any(found is secret for found in reachable(root))


@pytest.mark.parametrize(
    "refer", [weakref.ref, weakref.proxy], ids=["reference", "proxy"]
)
def test_a_weak_reference_leads_to_its_target(refer):
    secret = Secret()
    assert any(found is secret for found in reachable([refer(secret)]))


def test_a_weak_reference_to_nothing_leads_nowhere():
    assert len(reachable(weakref.ref(Secret()))) < 20


@pytest.mark.parametrize(
    "view",
    [
        lambda array: array[2:],
        lambda array: array[2:].reshape(1, -1).T,
        lambda array: np.asarray(memoryview(array)),
        lambda array: memoryview(array),
        lambda array: array.view(np.recarray),
        lambda array: np.lib.stride_tricks.as_strided(array, (2,), (8,)),
    ],
    ids=["slice", "view of a view", "buffer", "memoryview", "subclass", "strides"],
)
def test_a_view_leads_to_the_whole_array(view):
    array = np.arange(5.0)
    assert any(found is array for found in reachable([view(array)]))


def test_a_copy_does_not_lead_to_the_array():
    array = np.arange(5.0)
    assert not any(found is array for found in reachable([array[2:].copy()]))
    assert not any(found is array for found in reachable(float(array[2])))


def test_modules_and_their_globals_are_not_followed():
    def function():
        return SECRET_OF_THIS_MODULE, np

    for root in (function, Plain(Secret), np.random.default_rng(0), sys, vars(sys)):
        found = reachable(root)
        assert not any(one is SECRET_OF_THIS_MODULE for one in found)
        assert not any(isinstance(one, types.ModuleType) for one in found)
        assert not any(one is np.random.default_rng for one in found)


def test_globals_of_a_module_that_is_gone_are_not_followed():
    module = types.ModuleType("gone")
    module.secret = secret = Secret()
    exec("def function():\n    return secret", vars(module))
    assert not any(found is secret for found in reachable(module.function))


def test_each_object_is_listed_once_however_often_it_is_held():
    secret = Secret()
    found = reachable([secret, [secret], {"a": secret}])
    assert sum(one is secret for one in found) == 1


def test_a_blocked_import_is_no_hindrance(monkeypatch):
    monkeypatch.setitem(sys.modules, "blocked", None)
    secret = Secret()
    assert any(found is secret for found in reachable([secret]))
