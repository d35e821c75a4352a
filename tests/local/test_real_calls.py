"""A real, trained model that calls tools: it chooses the arguments, and it reads the result. Asserts shapes, never its
words."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from glmcli.local.server import LocalServer, launch
from tests.local.test_smoke import weights as weights
from tests.support.cli import Glm, Result
from tests.support.local_server import environment, served

WEATHER = '''
def get_weather(city: str, unit: str) -> dict:
    """The weather in a city."""
    return {"city": city, "unit": unit, "degrees": 21}
'''
COMMAND = (sys.executable, "-m", "tests.local.serve_with_tools")
CONFIG = '[profiles.default]\nendpoint = "openai"\nbase_url = "{}"\nmodel = "{}"\napi_key_env = "LOCAL_KEY"\n'

pytestmark = pytest.mark.local
Run = Callable[..., Result]


@pytest.fixture
def server(weights: Path) -> Iterator[LocalServer]:
    with launch(served(weights, prefix="", context=4096), environ=environment(), command=COMMAND) as server:
        yield server


@pytest.fixture
def run(glm: Glm, server: LocalServer) -> Run:
    glm.configure(CONFIG.format(server.base_url, server.model))
    flags = ("-y", "--json", "--temperature", "0", "--seed", "1", "--max-tokens", "80", "--tool-choice", "required")
    return lambda *argv: glm("run", *flags, *argv, env={"LOCAL_KEY": server.key})


def test_it_calls_a_function_with_arguments_that_fit_and_answers_after_the_result(
    run: Run, glm: Glm, tmp_path: Path
) -> None:
    path = tmp_path / "weather.py"
    path.write_text(WEATHER)
    ran = run("--functions", str(path), "What is the weather in Paris, in Celsius?")
    assert ran.status == 0
    whole = json.loads(ran.stdout)
    (first,) = whole["glm"]["rounds"]
    (call,) = first["choices"][0]["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    arguments = json.loads(call["function"]["arguments"])
    assert whole["choices"][0]["message"]["content"].strip()
    asked, called, returned, answered = glm.stored()
    assert [asked[0], called[0], returned[0], answered[0]] == ["user", "assistant", "tool", "assistant"]
    assert json.loads(returned[1]) == {**arguments, "degrees": 21}
