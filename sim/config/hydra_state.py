"""Hydra keeps its state in globals of the process. Use it one thread at a time, and leave a host's state as it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.version import VersionBase, setbase

from sim.errors import was_interrupted

HYDRA_VERSION = "1.3"
_LOCK = threading.RLock()
_KINDS = (GlobalHydra, HydraConfig, VersionBase)


@contextmanager
def own_hydra() -> Iterator[None]:
    """Give the block a Hydra of its own: a program that calls us may be one of Hydra's, or have several threads.

    Ctrl-C inside stays Ctrl-C: Hydra's own clean-up may raise something else over it.
    """
    known = Singleton._instances
    with _LOCK:
        # OmegaConf makes its own loader of this one at each reading; the one in C is eight times faster.
        plain = yaml.SafeLoader
        before = {kind: known[kind] for kind in _KINDS if kind in known}
        try:
            for kind in before:
                del known[kind]
            setbase(HYDRA_VERSION)
            yaml.SafeLoader = getattr(yaml, "CSafeLoader", plain)
            yield
        except Exception as problem:
            if was_interrupted(problem):
                raise KeyboardInterrupt from None
            raise
        finally:
            yaml.SafeLoader = plain
            for kind in _KINDS:
                known.pop(kind, None)
            known.update(before)
