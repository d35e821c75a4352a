"""llama.cpp's real server running the scripted parrot where Cloudflare has Workers AI: its path, a token, its model.

A conftest makes the fixture its own: `from tests.support.local_server import parrot as parrot`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from glmcli.local import engine
from glmcli.local.server import LocalServer, Served, launch
from tests.local.parrot import parrot as parrot_gguf

ACCOUNT = "acc"
TOKEN = "t0ken"
MODEL = "@cf/zai-org/glm-4.7-flash"
API = "/client/v4"


@dataclass(frozen=True)
class Parrot:
    """base: what GLM_BASE_URL names. path: the GGUF file."""

    server: LocalServer
    base: str
    path: Path

    @property
    def environ(self) -> dict[str, str]:
        """What makes a profile with endpoint `workers-ai-openai` speak to it."""
        return {"GLM_BASE_URL": self.base, "CLOUDFLARE_ACCOUNT_ID": ACCOUNT, "CLOUDFLARE_API_TOKEN": TOKEN}


def needs_engine() -> None:
    """Skips the test where the engine cannot run."""
    unfit = engine.fault(engine.this_machine(), engine.version())
    if unfit is not None:
        pytest.skip(unfit.message)


def served(path: Path, *, prefix: str = f"{API}/accounts/{ACCOUNT}/ai", context: int = 65_536) -> Served:
    """One thread: it keeps its pace beside other tests, and the parrot needs no more."""
    return Served(path=str(path), name=MODEL, key=TOKEN, prefix=prefix, context=context, threads=1)


def environment() -> dict[str, str]:
    """For a child process: this one's, with the folders that Python finds our packages in."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture(scope="session")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parrot]:
    needs_engine()
    path = tmp_path_factory.mktemp("parrot") / "parrot.gguf"
    path.write_bytes(parrot_gguf())
    with launch(served(path), environ=environment()) as server:
        yield Parrot(server, server.url.removesuffix(f"/accounts/{ACCOUNT}/ai"), path)
