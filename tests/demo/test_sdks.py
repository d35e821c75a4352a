"""The official SDKs as clients that know nothing of us: what they accept, other people's programs accept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import cloudflare
import httpx
import openai
import pytest

import glmcli.demo

MODEL = "@cf/zai-org/glm-4.7-flash"
ACCOUNT = "0" * 32
HI: Any = [{"role": "user", "content": "hi"}]
TOOLS: Any = [
    {
        "type": "function",
        "function": {"name": "weather", "parameters": {"required": ["city"], "properties": {"city": {}}}},
    }
]


@pytest.fixture(scope="module")
def demo() -> Iterator[glmcli.demo.DemoServer]:
    with glmcli.demo.start() as server:
        yield server


@pytest.fixture(scope="module")
def ai(demo: glmcli.demo.DemoServer) -> Iterator[openai.OpenAI]:
    url = f"{demo.base}/accounts/{ACCOUNT}/ai/v1"
    with openai.OpenAI(base_url=url, api_key="token", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def api(demo: glmcli.demo.DemoServer) -> Iterator[cloudflare.Cloudflare]:
    with cloudflare.Cloudflare(base_url=demo.base, api_token="token", max_retries=0) as client:
        yield client


def test_openai_reads_a_whole_answer(ai: openai.OpenAI) -> None:
    completion = ai.chat.completions.create(model=MODEL, messages=HI)
    [choice] = completion.choices
    assert choice.finish_reason == "stop"
    assert choice.message.content is not None
    assert "> hi\n" in choice.message.content
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_openai_reads_a_stream_to_the_same_answer(ai: openai.OpenAI) -> None:
    whole = ai.chat.completions.create(model=MODEL, messages=HI)
    stream = ai.chat.completions.create(model=MODEL, messages=HI, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    thought = "".join(getattr(chunk.choices[0].delta, "reasoning_content", None) or "" for chunk in chunks)
    assert text == whole.choices[0].message.content
    assert thought == getattr(whole.choices[0].message, "reasoning_content", None)
    assert chunks[-1].usage is not None
    assert whole.usage is not None
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


def test_openai_runs_a_round_of_tools(ai: openai.OpenAI) -> None:
    asked = ai.chat.completions.create(model=MODEL, messages=HI, tools=TOOLS).choices[0].message
    assert asked.tool_calls is not None
    [call] = asked.tool_calls
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "demo"})
    answered = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    history: Any = [*HI, asked.model_dump(exclude_none=True), answered]
    told = ai.chat.completions.create(model=MODEL, messages=history, tools=TOOLS).choices[0].message.content
    assert told is not None
    assert "The tool answered:\n\n> sunny\n" in told


def test_openai_accumulates_a_streamed_tool_call(ai: openai.OpenAI) -> None:
    with ai.chat.completions.stream(model=MODEL, messages=HI, tools=TOOLS) as stream:
        message = stream.get_final_completion().choices[0].message
    assert message.tool_calls is not None
    assert message.tool_calls[0].function.arguments == '{"city": "demo"}'


def test_openai_lists_the_models(ai: openai.OpenAI) -> None:
    assert MODEL in [model.id for model in ai.models.list()]


def codes(error: openai.APIStatusError) -> list[int]:
    body: Any = error.body
    return [fault["code"] for fault in body["errors"]]


def test_openai_sees_errors_as_what_they_are(ai: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        ai.chat.completions.create(model=MODEL, messages=HI, temperature=3)
    assert codes(refused.value) == [5006]
    with pytest.raises(openai.BadRequestError) as unknown:
        ai.chat.completions.create(model="other", messages=HI)
    assert codes(unknown.value) == [5007]
    with pytest.raises(openai.AuthenticationError) as stranger:
        ai.with_options(api_key="bad").chat.completions.create(model=MODEL, messages=HI)
    assert codes(stranger.value) == [10000]


def test_cloudflare_runs_the_model(api: cloudflare.Cloudflare) -> None:
    result: Any = api.ai.run(MODEL, account_id=ACCOUNT, prompt="hi", extra_body={"n": 2})
    assert [choice["message"]["role"] for choice in result["choices"]] == ["assistant", "assistant"]
    assert "> hi\n" in result["choices"][1]["message"]["content"]


def test_cloudflare_lists_accounts_and_models_and_verifies_tokens(api: cloudflare.Cloudflare) -> None:
    assert [account.name for account in api.accounts.list()] == ["Demo account 1"]
    models: list[Any] = list(api.ai.models.list(account_id=ACCOUNT, search="flash"))
    assert [model["name"] for model in models] == [MODEL]
    schema: Any = api.ai.models.schema.get(account_id=ACCOUNT, model=MODEL)
    assert [form["title"] for form in schema.input.oneOf] == ["Prompt", "Messages"]
    verified = api.user.tokens.verify()
    assert verified is not None
    assert verified.status == "active"
    of_account = api.accounts.tokens.verify(account_id=ACCOUNT)
    assert of_account is not None
    assert of_account.status == "active"


def test_cloudflare_sees_errors_as_what_they_are(api: cloudflare.Cloudflare) -> None:
    with pytest.raises(cloudflare.BadRequestError) as refused:
        api.ai.run(MODEL, account_id=ACCOUNT, prompt="hi", extra_body={"top_p": 2})
    assert [fault.code for fault in refused.value.errors] == [5006]
    with pytest.raises(cloudflare.AuthenticationError):
        api.with_options(api_token="bad").user.tokens.verify()
    with pytest.raises(cloudflare.NotFoundError):
        api.get("/nowhere", cast_to=httpx.Response)
