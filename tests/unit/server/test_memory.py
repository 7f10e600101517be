"""What malloc is told."""

import ctypes
import sys
import types

import pytest

from passerelle.server import memory


def told(monkeypatch: pytest.MonkeyPatch, libc: types.SimpleNamespace) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: libc)
    memory.return_freed_memory()


def test_large_blocks_are_mapped_and_few_arenas_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: dict[int, int] = {}
    told(monkeypatch, types.SimpleNamespace(mallopt=calls.__setitem__))
    assert calls == {
        memory.M_MMAP_THRESHOLD: 8 << 20,
        memory.M_TRIM_THRESHOLD: 32 << 20,
        memory.M_ARENA_MAX: 2,
    }


def test_without_glibc_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, types.SimpleNamespace())


def test_after_a_load_what_is_free_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: types.SimpleNamespace(malloc_trim=calls.append))
    memory.trim()
    assert calls == [0]
