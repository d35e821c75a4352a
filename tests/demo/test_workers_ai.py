"""The protocol against the shapes that were seen on the wire: whole bodies and whole streams, byte by byte."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

import glmcli.demo
from glmcli.demo.reply import responding
from glmcli.demo.server import Close, Pause, Request
from glmcli.demo.workers_ai import WorkersAi
from tests.demo.asking import BRIEF, CHAT, GRAMMAR, HI, MODEL, RUN, TOOL, answer, error, events, reply, request


def test_a_whole_answer_of_the_run_path_stands_in_the_envelope() -> None:
    replied = reply("POST", RUN, BRIEF)
    usage = '{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":0},'
    assert isinstance(replied.body, bytes)
    assert re.sub(r"chatcmpl-[0-9a-f]{8}\b", "chatcmpl-ID", replied.body.decode()) == (
        '{"result":{"id":"chatcmpl-ID","object":"chat.completion","created":1791000000,'
        f'"model":"{MODEL}","choices":[{{"index":0,"finish_reason":"stop","logprobs":null,'
        '"message":{"role":"assistant","content":"This is a","reasoning_content":null,"refusal":null,'
        '"tool_calls":[]}}],'
        f'"usage":{usage}"neurons":0.1367}}}},"success":true,"errors":[],"messages":[]}}'
    )
    assert list(replied.headers) == ["cf-ai-req-id", "cf-ai-neurons", "cf-ray", "server"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", replied.headers["cf-ai-req-id"])
    assert replied.headers["cf-ai-neurons"] == "0.1367"
    assert re.fullmatch(r"[0-9a-f]{16}-DEMO", replied.headers["cf-ray"])


def test_a_whole_answer_of_the_chat_path_is_the_same_without_the_envelope() -> None:
    _, enveloped = answer("POST", RUN, BRIEF)
    assert answer("POST", CHAT, {**BRIEF, "model": MODEL}) == (200, enveloped["result"])


def test_reasoning_and_a_tool_call_stand_in_the_message() -> None:
    _, body = answer("POST", RUN, {**HI, "tools": [TOOL]})
    assert body["result"]["choices"][0]["finish_reason"] == "tool_calls"
    assert body["result"]["choices"][0]["message"] == {
        "role": "assistant",
        "content": None,
        "reasoning_content": "The last message is from the user and has 2 characters. "
        "A demo cannot know whether the tool clock helps, so it just calls it.",
        "refusal": None,
        "tool_calls": [{"id": "call_demo_1_0", "type": "function", "function": {"name": "clock", "arguments": "{}"}}],
    }


def test_the_stream_of_the_run_path_has_padding_increments_and_a_native_tail() -> None:
    def chunk(choices: str, usage: str) -> str:
        fixed = f'"object":"chat.completion.chunk","created":1791000000,"model":"{MODEL}"'
        return f'data: {{"id":"ID",{fixed},"choices":[{choices}],"p":"PAD","usage":{{{usage}}}}}\n\n'

    one = '"prompt_tokens":0,"completion_tokens":1,"total_tokens":1,"neurons":0.0364'
    none = '"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"neurons":0'
    cached = '"prompt_tokens_details":{"cached_tokens":0}'

    def said(delta: str) -> str:
        return chunk(f'{{"index":0,"delta":{{{delta}}},"finish_reason":null}}', one)

    expected = [
        chunk(
            '{"index":0,"delta":{"role":"assistant","content":"","reasoning_content":null},'
            '"finish_reason":null,"logprobs":null,"matched_stop":null}',
            f'"prompt_tokens":5,"completion_tokens":0,"total_tokens":5,{cached},"neurons":0.0275',
        ),
        *(said(f'"content":"{text}","reasoning_content":null') for text in ("This", " is", " a")),
        chunk(
            '{"index":0,"delta":{"reasoning_content":null},"finish_reason":"stop","matched_stop":" **demo"}',
            none,
        ),
        chunk("", none),
        'data: {"response":"","usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,'
        f'{cached},"neurons":0.1367}}}}\n\n',
        "data: [DONE]\n\n",
    ]
    assert events(RUN, BRIEF) == expected


def test_reasoning_comes_first_and_the_end_of_the_answer_costs_a_token() -> None:
    told = events(RUN, HI)
    assert '"delta":{"reasoning_content":"The"},"finish_reason":null}]' in told[1]
    assert '"finish_reason":"stop","matched_stop":151336}]' in told[-4]
    assert '"choices":[]' in told[-3]
    assert '"completion_tokens":1' in told[-3]
    increments = [json.loads(event[6:])["usage"]["completion_tokens"] for event in told[:-2]]
    assert sum(increments) == json.loads(told[-2][6:])["usage"]["completion_tokens"]


def test_the_stream_of_the_chat_path_finishes_twice_and_forgets_the_cached_tokens() -> None:
    def chunk(choice: str, more: str = "") -> str:
        return (
            f'data: {{"id":"id-1791000000000","created":1791000000,"model":"{MODEL}",'
            f'"object":"chat.completion.chunk","choices":[{choice}]{more}}}\n\n'
        )

    turns = [{"role": "user", "content": "w " * 100}, {"role": "assistant", "content": ""}, *HI["messages"]]
    unfinished = '"finish_reason":null,"logprobs":null,"matched_stop":null'
    done = '{"index":0,"delta":{},"finish_reason":"stop"}'
    usage = ',"usage":{"prompt_tokens":114,"completion_tokens":1,"total_tokens":115,"prompt_tokens_details":'
    stream = events(CHAT, {**BRIEF, "model": MODEL, "messages": turns, "stop": " is"}, **{"x-session-affinity": "s"})
    assert stream == [
        chunk(f'{{"index":0,"delta":{{"role":"assistant","content":"","reasoning_content":null}},{unfinished}}}'),
        chunk(f'{{"index":0,"delta":{{"content":"This","reasoning_content":null}},{unfinished}}}'),
        chunk(done, usage + '{"cached_tokens":64}}'),
        chunk(done, usage + '{"cached_tokens":0}}'),
        "data: [DONE]\n\n",
    ]


@pytest.mark.parametrize(
    ("tool", "deltas"),
    [
        (
            TOOL,
            [
                '{"content":null,"tool_calls":[{"index":0,"id":"call_demo_1_0","type":"function",'
                '"function":{"name":"clock","arguments":""}}]}',
                '{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}',
            ],
        ),
        (
            GRAMMAR,
            [
                '{"content":null,"tool_calls":[{"index":0,"id":"call_demo_1_0","type":"custom",'
                '"custom":{"name":"grammar","input":""}}]}',
                '{"tool_calls":[{"index":0,"custom":{"input":"hi"}}]}',
            ],
        ),
    ],
)
@pytest.mark.parametrize("target", [RUN, CHAT])
def test_a_tool_call_streams_its_head_and_then_its_arguments(target: str, tool: Any, deltas: list[str]) -> None:
    told = events(target, {**BRIEF, "model": MODEL, "tools": [tool]})
    assert [delta for event in told[1:3] for delta in re.findall(r'"delta":(\{.*?\}),"finish', event)] == deltas
    assert '"finish_reason":"tool_calls"' in told[3]


@pytest.mark.parametrize("target", [RUN, CHAT])
def test_several_choices_take_turns_and_share_one_usage(target: str) -> None:
    told = events(target, {**BRIEF, "model": MODEL, "n": 2, "stop": " is"})
    choices = [json.loads(event[6:]).get("choices", [{}]) for event in told[:-1]]
    indexes = [choice["index"] for parts in choices for choice in parts if "index" in choice]
    assert indexes[:6] == [0, 1, 0, 1, 0, 1]
    paid = [json.loads(event[6:]).get("usage", {}).get("prompt_tokens", 0) for event in told[:-1]]
    assert paid == ([5, 0, 0, 0, 0, 0, 0, 5] if target == RUN else [0, 0, 0, 0, 0, 5, 5])


@pytest.mark.parametrize("target", [RUN, CHAT])
def test_logprobs_come_with_their_alternatives(target: str) -> None:
    body = {**BRIEF, "model": MODEL, "stop": " is", "logprobs": True, "top_logprobs": 2}
    token = {"token": "This", "logprob": -0.05, "bytes": [84, 104, 105, 115]}
    rival = {"token": "This.", "logprob": -1.55, "bytes": [84, 104, 105, 115, 46]}
    logprobs = {"content": [{**token, "top_logprobs": [token, rival]}], "refusal": None}
    assert json.loads(events(target, body)[1][6:])["choices"][0]["logprobs"] == logprobs
    _, whole = answer("POST", target, body)
    assert whole.get("result", whole)["choices"][0]["logprobs"] == logprobs


@pytest.mark.parametrize("target", [RUN, CHAT])
def test_a_limit_within_the_reasoning_leaves_no_content(target: str) -> None:
    _, whole = answer("POST", target, {**HI, "model": MODEL, "max_tokens": 1})
    choice = whole.get("result", whole)["choices"][0]
    assert (choice["finish_reason"], choice["message"]["content"]) == ("length", None)
    assert choice["message"]["reasoning_content"] == "The"
    assert '"finish_reason":"length"' in events(target, {**HI, "model": MODEL, "max_tokens": 1})[2]


def test_the_path_may_be_percent_encoded() -> None:
    encoded = RUN.replace("@cf/zai-org/glm", "%40cf%2Fzai-org%2Fglm")
    assert answer("POST", encoded, HI)[0] == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "oneOf at '/' not met, 0 matches: required properties at '/' are 'prompt', required … are 'messages'"),
        ({**HI, "prompt": "x"}, "oneOf at '/' not met, 2 matches"),
        ([], "Type mismatch of '/', 'array' not in 'object', oneOf at '/' not met, 2 matches"),
        (
            {"prompt": "x", "temperature": 3, "store": "y"},
            "oneOf at '/' not met, 0 matches: maximum at '/temperature' not met: 3 is greater than the maximum of 2, "
            "Type mismatch of '/temperature', 'integer' not in 'null', "
            "Type mismatch of '/store', 'string' not in 'boolean', Type mismatch of '/store', 'string' not in 'null', "
            "required properties at '/' are 'messages'",
        ),
        (
            {"prompt": "x", "service_tier": "y"},
            "oneOf at '/' not met, 0 matches: enum y not in auto,default,flex,scale,priority at '/service_tier', "
            "Type mismatch of '/service_tier', 'string' not in 'null', required properties at '/' are 'messages'",
        ),
        ({"prompt": None}, "oneOf at '/' not met, 0 matches: Type mismatch of '/prompt', 'null' not in 'string', …"),
    ],
)
def test_a_body_that_the_schema_refuses_is_refused_with_what_is_wrong(body: Any, reason: str) -> None:
    status, refused = answer("POST", RUN, body)
    [fault] = refused["errors"]
    assert (status, fault["code"]) == (400, 5006)
    assert (refused["success"], refused["result"], refused["messages"]) == (False, {}, [])
    pattern = re.escape(f"AiError: AiError: Bad input: Error: {reason}").replace("…", ".*")
    assert re.fullmatch(pattern + r" \([0-9a-f-]{36}\)", fault["message"])


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"", 3003, "The body is missing"),
        (b"{", 5004, "The body is not valid JSON: Expecting property name enclosed in double quotes.*"),
        (b'{"seed": NaN}', 5004, "The body is not valid JSON: NaN is no JSON"),
        (b"[" * 100_000, 5004, "The body is not valid JSON: .*recursion.*"),
        (b"\xff", 5004, "The body is not valid JSON: .*utf-8.*"),
        (b'{"prompt": "x", "\\ud800": 1}', 5006, "AiError: .*surrogates not allowed.*"),
        (b'{"prompt": "x", "max_tokens": 0}', 8007, "AiError: AiError: max_tokens must be at least 1, got 0.*"),
    ],
)
def test_a_body_that_cannot_be_answered_gets_400_and_its_code(body: bytes, code: int, message: str) -> None:
    status, refused = answer("POST", RUN, body)
    assert (status, refused["errors"][0]["code"]) == (400, code)
    assert re.fullmatch(message, refused["errors"][0]["message"])


def test_half_a_surrogate_pair_in_a_message_comes_back_as_the_escape_it_came_as() -> None:
    replied = reply("POST", RUN, b'{"prompt": "\\ud800"}')
    assert isinstance(replied.body, bytes)
    assert b"> \\ud800" in replied.body


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (RUN.replace("4.7", "9"), HI),
        (CHAT, HI),
        (CHAT, {**HI, "model": "other"}),
        (CHAT, []),
    ],
)
def test_an_unknown_model_is_5007(target: str, body: Any) -> None:
    status, refused = answer("POST", target, body)
    assert (status, refused["errors"][0]["code"]) == (400, 5007)
    assert re.fullmatch("No such model .* or task", refused["errors"][0]["message"])


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", RUN),
        ("GET", "/"),
        ("GET", "//[?"),
        ("GET", "/client/v4/zones?x=y"),
        ("POST", "/client/v4/accounts"),
        ("POST", f"/client/v4/accounts/{'0' * 32}/ai/run"),
    ],
)
def test_a_path_or_method_without_a_route_is_7003_and_7000(method: str, target: str) -> None:
    path = target.partition("?")[0]
    body = error(7003, f"Could not route to {path}, perhaps your object identifier is invalid?")
    body["errors"].append({"code": 7000, "message": "No route for that URI"})
    assert answer(method, target) == (404, body)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Token x", "Bearer a b", 'Bearer "a"'])
@pytest.mark.parametrize("target", ["/client/v4/accounts", "/client/v4/user/tokens/verify"])
def test_a_malformed_authorization_header_is_6003(target: str, authorization: str) -> None:
    chain = [{"code": 6111, "message": "Invalid format for Authorization header"}]
    expected = (400, error(6003, "Invalid request headers", error_chain=chain))
    assert answer("GET", target, authorization=authorization) == expected


def played(asked: Request, *, pace: float = 0.0) -> tuple[list[Any], list[int]]:
    statuses: list[int] = []
    respond = responding(WorkersAi().reply, pace=pace, log=lambda request, status: statuses.append(status))
    return list(respond(asked)), statuses


def test_a_head_request_gets_no_body() -> None:
    [head], statuses = played(request("HEAD", "/client/v4/accounts"))
    assert head.startswith(b"HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert statuses == [404]


def test_a_stream_pauses_between_its_events() -> None:
    body = json.dumps({**BRIEF, "stream": True}).encode()
    (head, *steps), statuses = played(request("POST", RUN, body), pace=0.25)
    assert head.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
    assert head.endswith(b"\r\ntransfer-encoding: chunked\r\n\r\n")
    assert steps[0::2] == [Pause(0.25)] * 8 + [b"0\r\n\r\n"]
    assert steps[-2] == b"e\r\ndata: [DONE]\n\n\r\n"
    assert statuses == [200]


def test_http_1_0_gets_its_stream_without_chunks() -> None:
    body = json.dumps({**BRIEF, "stream": True}).encode()
    asked = Request("POST", RUN, {"authorization": "Bearer t"}, [], body, 0, "HTTP/1.0")
    (head, *steps), _ = played(asked)
    assert head.endswith(b"\r\nconnection: close\r\n\r\n")
    assert steps[-2:] == [b"data: [DONE]\n\n", Close()]


@pytest.fixture
def demo() -> Iterator[glmcli.demo.DemoServer]:
    with glmcli.demo.start() as server:
        yield server


def test_the_running_demo_answers_over_a_socket_and_remembers_the_request(demo: glmcli.demo.DemoServer) -> None:
    assert demo.base == demo.url + "/client/v4"
    with socket.create_connection(("127.0.0.1", int(demo.url.rpartition(":")[2])), timeout=10) as client:
        client.sendall(b"GET /client/v4/accounts HTTP/1.1\r\nauthorization: Bearer none\r\nconnection: close\r\n\r\n")
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncf-ray: ")
    assert b'\r\n\r\n{"result":[],"success":true,"errors":[],"messages":[],"result_info":{"page":1,' in received
    assert [asked.target for asked in demo.requests] == ["/client/v4/accounts"]
