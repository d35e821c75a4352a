from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from glmcli.api import endpoint as endpoints
from glmcli.api.curl import LONGEST_ARGUMENT, curl_command, quoted
from glmcli.api.endpoint import encode_body
from glmcli.demo.framing import whole
from glmcli.demo.server import LoopbackServer, in_turn

TOKEN = "a-token-of-mine"
MODEL = "@cf/zai-org/glm-4.7-flash"
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "What's up?"}], "stream": True}


def test_a_command_has_the_token_as_a_variable_and_one_option_a_line() -> None:
    place = endpoints.workers_ai(endpoints.CLOUDFLARE_URL, "abc", TOKEN, MODEL)
    assert curl_command(place, ASK, "session-1") == (
        "curl -sS 'https://api.cloudflare.com/client/v4/accounts/abc/ai/run/@cf/zai-org/glm-4.7-flash' \\\n"
        "  --no-buffer \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        "  -H 'Accept: text/event-stream, application/json' \\\n"
        '  -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" \\\n'
        "  -H 'x-session-affinity: session-1' \\\n"
        """  --data-raw '{"messages":[{"role":"user","content":"What'\\''s up?"}],"stream":true}'"""
    )


def test_the_variable_of_the_endpoint_is_named_and_other_secrets_by_their_header() -> None:
    place = endpoints.ai_gateway(endpoints.GATEWAY_URL, "abc", "g", None, MODEL, gateway_token="gateway-secret")
    command = curl_command(place, {"stream": False})
    assert "gateway-secret" not in command
    assert '-H "cf-aig-authorization: $CF_AIG_AUTHORIZATION"' in command
    assert "--no-buffer" not in command
    place = endpoints.openai("https://example.com/v1", TOKEN, "m", token_variable="MY_KEY")
    assert '-H "Authorization: Bearer $MY_KEY"' in curl_command(place, {})


def test_without_a_token_there_is_no_authorization() -> None:
    assert "Authorization" not in curl_command(endpoints.openai("http://localhost:1/v1", None, "m"), {})


@pytest.mark.parametrize(
    "content",
    [
        "plain",
        "'quotes' \"double\" `tick` $(echo no) $HOME \\ \\n !! \t\n\r %s %d",
        "@/etc/passwd",
        "caf\u00e9 \U0001f600 \u2028 \u202e \x1b[31m \x00 \x7f",
        "'" * 1000,
        "x" * (2 * LONGEST_ARGUMENT) + "'é",
    ],
)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_a_shell_and_curl_send_the_very_same_bytes(content: str) -> None:
    body = {"messages": [{"role": "user", "content": content}], "stream": True}
    with LoopbackServer(in_turn([whole(200, {}, b"answer")])) as server:
        place = endpoints.workers_ai(server.url, "abc", TOKEN, MODEL)
        environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "CLOUDFLARE_API_TOKEN": TOKEN, "LC_ALL": "C.UTF-8"}
        command = curl_command(place, body, "session-1").replace("curl -sS", "curl -q --noproxy '*' -sS")
        done = subprocess.run(["/bin/sh"], input=command.encode(), env=environ, capture_output=True, check=False)
        assert (done.stdout, done.stderr, done.returncode) == (b"answer", b"", 0)
        (request,) = server.requests
    assert request.method == "POST"
    assert request.target == f"/accounts/abc/ai/run/{MODEL}"
    assert request.body == encode_body(body)
    assert json.loads(request.body) == body
    for name, value in place.request_headers(stream=True, session_id="session-1"):
        if name not in ("User-Agent", "Accept-Encoding"):
            assert request.headers[name.lower()] == value


def test_quoted_text_is_one_word() -> None:
    assert quoted("it's") == "'it'\\''s'"
