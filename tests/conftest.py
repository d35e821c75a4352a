"""Fixtures for every test: no test sees the real home, credentials or proxies of whoever runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.cli import Glm

PRIVATE = ("CLOUDFLARE", "CF_", "GLM_", "NO_COLOR", "FORCE_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.upper().startswith(PRIVATE) and not name.startswith("GLM_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GLM_CONFIG_DIR", str(tmp_path / "glmcli"))


@pytest.fixture
def glm(tmp_path: Path) -> Glm:
    """Runs `glm` in this process, with a directory of its own."""
    return Glm(tmp_path / "glmcli")
