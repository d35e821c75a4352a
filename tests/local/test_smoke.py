"""One smoke test with the real model: installed as a user installs it, started as a user starts it.

It asserts shapes, never words. The weights are fetched once, into GLM_TEST_MODELS or ~/.cache/glm-tests.
"""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from glmcli import local
from glmcli.errors import ConfigError
from glmcli.local.fetch import fetch, sha256
from glmcli.local.weights import DEMONSTRATION, TINY
from tests.support.local_server import environment, needs_engine

# Read now: the tests themselves run with another home.
CACHE = Path(os.environ.get("GLM_TEST_MODELS") or Path.home() / ".cache" / "glm-tests")


@pytest.fixture
def weights() -> Path:
    """The demonstration weights, whole."""
    needs_engine()
    path = CACHE / DEMONSTRATION.file
    if not path.exists():
        try:
            fetch(CACHE, DEMONSTRATION, environ=os.environ, progress=lambda done, total: None)
        except ConfigError as error:
            pytest.skip(f"the weights cannot be had: {error.message}")
    assert sha256(path) == DEMONSTRATION.sha256
    return path


@pytest.mark.local
def test_the_demonstration_model_answers_with_some_words_and_says_that_it_is_tiny(
    weights: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / DEMONSTRATION.file).symlink_to(weights)
    environ = {**environment(), "GLM_LOCAL_THREADS": "1"}
    question = {"role": "user", "content": "Why is pizza so good?"}
    with local.start(tmp_path, environ=environ) as server, httpx.Client(trust_env=False, timeout=60) as client:
        response = client.post(
            f"{server.base_url}/chat/completions",
            headers={"Authorization": f"Bearer {server.key}"},
            json={"model": server.model, "messages": [question], "max_tokens": 16},
        )
        note = server.note
    answer = response.json()
    assert response.status_code == 200
    assert answer["model"] == "SmolLM2-135M-Instruct"
    assert answer["choices"][0]["finish_reason"] in ("stop", "length")
    assert answer["choices"][0]["message"]["content"].strip()
    assert 0 < answer["usage"]["completion_tokens"] <= 16
    assert note == TINY
