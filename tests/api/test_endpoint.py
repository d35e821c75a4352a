from __future__ import annotations

import base64
from typing import Any

import pytest

from glmcli import __version__
from glmcli.api import endpoint as endpoints
from glmcli.api.endpoint import (
    CLOUDFLARE_URL,
    GATEWAY_URL,
    Endpoint,
    check_base_url,
    check_header,
    check_token,
    encode_body,
    is_loopback,
    is_secret,
    origin,
    redact,
)
from glmcli.errors import ConfigError, RequestError, UsageError

ACCOUNT = "0123456789abcdef0123456789abcdef"
MODEL = "@cf/zai-org/glm-4.7-flash"
TOKEN = "abcDEF-123_456.789"


def test_workers_ai_has_the_model_in_its_address_unescaped() -> None:
    place = endpoints.workers_ai(CLOUDFLARE_URL + "/", ACCOUNT, TOKEN, MODEL)
    assert place == Endpoint(
        kind="workers-ai",
        url=f"https://api.cloudflare.com/client/v4/accounts/{ACCOUNT}/ai/run/@cf/zai-org/glm-4.7-flash",
        base_url="https://api.cloudflare.com/client/v4",
        headers=(),
        token=TOKEN,
        model=MODEL,
        model_in_body=False,
        limit_fields=("max_completion_tokens", "max_tokens"),
        token_variable="CLOUDFLARE_API_TOKEN",
    )


def test_workers_ai_openai_has_the_model_in_the_body() -> None:
    place = endpoints.workers_ai_openai(CLOUDFLARE_URL, ACCOUNT, None, MODEL)
    assert place.url == f"{CLOUDFLARE_URL}/accounts/{ACCOUNT}/ai/v1/chat/completions"
    assert (place.kind, place.model_in_body, place.token) == ("workers-ai-openai", True, None)
    assert place.limit_fields == ("max_completion_tokens", "max_tokens")


@pytest.mark.parametrize(
    ("path", "target", "model", "in_body"),
    [
        ("workers-ai", f"workers-ai/{MODEL}", MODEL, False),
        ("/workers-ai/run/", f"workers-ai/run/{MODEL}", MODEL, False),
        ("workers-ai/v1/chat/completions", "workers-ai/v1/chat/completions", MODEL, True),
        ("compat/chat/completions", "compat/chat/completions", f"workers-ai/{MODEL}", True),
    ],
)
def test_an_ai_gateway_has_four_paths(path: str, target: str, model: str, in_body: bool) -> None:
    place = endpoints.ai_gateway(GATEWAY_URL, ACCOUNT, "my-gateway", TOKEN, MODEL, path=path, gateway_token="gwtoken")
    assert place.url == f"https://gateway.ai.cloudflare.com/v1/{ACCOUNT}/my-gateway/{target}"
    assert (place.model, place.model_in_body) == (model, in_body)
    assert place.headers == (("cf-aig-authorization", "Bearer gwtoken"),)


def test_an_ai_gateway_names_its_provider_once() -> None:
    place = endpoints.ai_gateway(GATEWAY_URL, ACCOUNT, "g", None, "workers-ai/x", path="compat/chat/completions")
    assert (place.model, place.headers) == ("workers-ai/x", ())


@pytest.mark.parametrize("gateway", ["", "..", "a/b"])
def test_an_ai_gateway_needs_a_name(gateway: str) -> None:
    with pytest.raises(ConfigError, match="is not the name of an AI Gateway"):
        endpoints.ai_gateway(GATEWAY_URL, ACCOUNT, gateway, TOKEN, MODEL)


def test_an_openai_compatible_server_has_its_own_limit_field_and_variable() -> None:
    place = endpoints.openai("http://localhost:8080/v1", None, "any", "max_completion_tokens", token_variable="KEY")
    assert place == Endpoint(
        kind="openai",
        url="http://localhost:8080/v1/chat/completions",
        base_url="http://localhost:8080/v1",
        headers=(),
        token=None,
        model="any",
        model_in_body=True,
        limit_fields=("max_completion_tokens",),
        token_variable="KEY",
    )


def test_an_openai_compatible_server_needs_the_name_of_a_model() -> None:
    with pytest.raises(UsageError, match="the model has no name"):
        endpoints.openai("http://localhost:8080/v1", None, " ")


@pytest.mark.parametrize("model", ["", "..", "@cf/../x", "a//b", "/a", " a", "./b"])
def test_a_model_that_would_change_the_address_is_refused(model: str) -> None:
    with pytest.raises(UsageError, match="cannot be part of an address"):
        endpoints.workers_ai(CLOUDFLARE_URL, ACCOUNT, TOKEN, model)


def test_other_characters_of_a_model_are_escaped() -> None:
    place = endpoints.workers_ai(CLOUDFLARE_URL, ACCOUNT, TOKEN, "a b?c#d%e")
    assert place.url.endswith("/ai/run/a%20b%3Fc%23d%25e")


@pytest.mark.parametrize(
    ("account", "message"),
    [
        ("", "no Cloudflare account id is known"),
        ("a/b", "'a/b' is not an account id"),
        ("..", "'..' is not an account id"),
    ],
)
def test_an_account_that_would_change_the_address_is_refused(account: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        endpoints.workers_ai(CLOUDFLARE_URL, account, TOKEN, MODEL)
    assert caught.value.message == message
    assert "CLOUDFLARE_ACCOUNT_ID" in caught.value.hint


def test_the_headers_of_a_request() -> None:
    place = endpoints.workers_ai(CLOUDFLARE_URL, ACCOUNT, TOKEN, MODEL)
    assert place.request_headers(stream=True, session_id="s1") == [
        ("Content-Type", "application/json"),
        ("Accept", "text/event-stream, application/json"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", f"glm/{__version__}"),
        ("Authorization", f"Bearer {TOKEN}"),
        ("x-session-affinity", "s1"),
    ]


def test_a_server_of_somebody_else_is_told_no_session_and_no_token() -> None:
    place = endpoints.openai("https://example.com/v1", None, "m")
    assert [name for name, _ in place.request_headers(stream=False, session_id="s1")] == [
        "Content-Type",
        "Accept",
        "Accept-Encoding",
        "User-Agent",
    ]


def test_a_session_id_that_no_header_may_have_is_refused() -> None:
    place = endpoints.workers_ai(CLOUDFLARE_URL, ACCOUNT, TOKEN, MODEL)
    with pytest.raises(ConfigError, match="'x-session-affinity' holds a character"):
        place.request_headers(stream=False, session_id="a\r\nx: y")


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        (" https://api.cloudflare.com/client/v4/ ", "https://api.cloudflare.com/client/v4"),
        ("https://example.com", "https://example.com"),
        ("https://example.com:8443/a/", "https://example.com:8443/a"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://localhost:1234/v1", "http://localhost:1234/v1"),
        ("HTTP://LOCALHOST/v1", "HTTP://LOCALHOST/v1"),
        ("http://127.9.9.9/v1", "http://127.9.9.9/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("https://[2001:db8::1]/v1", "https://[2001:db8::1]/v1"),
    ],
)
def test_a_safe_base_url_is_kept_without_its_last_slash(url: str, checked: str) -> None:
    assert check_base_url(url) == checked


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "the base URL is empty"),
        ("ftp://example.com", "the base URL ftp://example.com is not http or https"),
        ("example.com/v1", "the base URL example.com/v1 is not http or https"),
        ("https://", "the base URL https:// names no host and port that can be"),
        ("https://exa_mple..-/", "the base URL https://exa_mple..-/ names no host and port that can be"),
        ("https://a\\b.com", "the base URL https://a\\b.com names no host and port that can be"),
        ("https://example.com:0", "the base URL https://example.com:0 names no host and port that can be"),
        ("https://[::zz]/", "the base URL has a host or a port that cannot be"),
        ("https://example.com:99999", "the base URL has a host or a port that cannot be"),
        ("https://example.com:http", "the base URL has a host or a port that cannot be"),
        ("https://example.com/v1?key=x", "the base URL has a query or a fragment"),
        ("https://example.com/v1#x", "the base URL has a query or a fragment"),
        ("https://example.com/v1?", "the base URL has a query or a fragment"),
        ("http://example.com", "http://example.com is plain http, over which prompts and tokens can be read by others"),
        (
            "http://127.0.0.1.evil.com",
            "http://127.0.0.1.evil.com is plain http, over which prompts and tokens can be read by others",
        ),
        ("http://10.0.0.1", "http://10.0.0.1 is plain http, over which prompts and tokens can be read by others"),
        (
            "https://exam ple.com",
            "the base URL holds blanks, control characters or letters outside ASCII",
        ),
        ("https://b\u00fccher.example", "the base URL holds blanks, control characters or letters outside ASCII"),
        ("https://example.com\x7f", "the base URL holds blanks, control characters or letters outside ASCII"),
    ],
)
def test_an_unsafe_base_url_is_refused(url: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_base_url(url)
    assert caught.value.message == message
    assert caught.value.hint


@pytest.mark.parametrize("url", ["https://user:hunter2@example.com", "https://good.com\\@evil.com/hunter2"])
def test_a_password_in_the_base_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_base_url(url)
    assert "user name or password" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_an_endpoint_with_an_unsafe_address_cannot_be_made() -> None:
    with pytest.raises(ConfigError, match="plain http"):
        Endpoint("openai", "http://example.com/v1", "http://example.com/v1", (), TOKEN, "m", True, ("max_tokens",))


def test_an_endpoint_with_an_unclean_token_cannot_be_made() -> None:
    with pytest.raises(ConfigError, match="the API token has blanks around it"):
        Endpoint("openai", "https://example.com/v1", "https://example.com", (), " abc", "m", True, ("max_tokens",))


def test_an_endpoint_with_an_unclean_header_cannot_be_made() -> None:
    headers = (("x-key", "secret\nvalue"),)
    with pytest.raises(ConfigError) as caught:
        Endpoint("openai", "https://example.com/v1", "https://example.com", headers, None, "m", True, ("max_tokens",))
    assert "secret" not in caught.value.message


def test_blanks_around_a_token_are_taken_off() -> None:
    assert check_token(f"  {TOKEN}\r\n") == TOKEN


@pytest.mark.parametrize(
    "token",
    ["hunter2\nhunter2", "hunter2 hunter2", "hun\u20acter2", "hunter2\x00", '"hunter2"', "'hunter2'", "Bearer hunter2"],
)
def test_text_that_is_no_token_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_token(token)
    assert "hunter2" not in str(caught.value) + caught.value.hint
    assert caught.value.__cause__ is None


def test_an_empty_token_is_refused() -> None:
    with pytest.raises(ConfigError, match="the API token is empty"):
        check_token(" \n")


def test_a_header_name_must_be_a_name() -> None:
    with pytest.raises(ConfigError, match="'x y'"):
        check_header("x y", "z")


@pytest.mark.parametrize(
    ("url", "bound"),
    [
        ("https://api.cloudflare.com/client/v4", "https://api.cloudflare.com:443"),
        ("http://LOCALHOST/v1", "http://localhost:80"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin_has_scheme_host_and_port(url: str, bound: str) -> None:
    assert origin(url) == bound


def test_this_machine_is_known_by_its_spelling() -> None:
    assert is_loopback("http://localhost")
    assert is_loopback("http://127.0.0.1:80/")
    assert not is_loopback("http://localhost.example.com")
    assert not is_loopback("http://8.8.8.8")
    assert not is_loopback("nonsense")


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("Authorization", True),
        ("cf-aig-authorization", True),
        ("Proxy-Authorization", True),
        ("Set-Cookie", True),
        ("X-API-Key", True),
        ("x-auth-token", True),
        ("x-ratelimit-remaining-tokens", False),
        ("content-type", False),
    ],
)
def test_headers_with_credentials_are_known_by_their_names(header: str, secret: bool) -> None:
    assert is_secret(header) is secret


def test_secrets_are_taken_out_in_every_form_that_servers_echo() -> None:
    encoded = base64.b64encode(TOKEN.encode()).decode()
    text = f"bad {TOKEN}, {encoded}; header 'Authorization: Bearer other-token', bearer x"
    assert redact(text, TOKEN, None) == (
        "bad [redacted], [redacted]; header 'Authorization: Bearer [redacted]', bearer [redacted]"
    )


def test_a_secret_as_short_as_a_word_is_left() -> None:
    assert redact("none came", "none") == "none came"


def test_an_endpoint_takes_out_its_token_and_its_secret_headers() -> None:
    place = endpoints.ai_gateway(GATEWAY_URL, ACCOUNT, "g", TOKEN, MODEL, gateway_token="gateway-secret")
    assert place.redact(f"{TOKEN} gateway-secret Bearer gateway-secret") == ("[redacted] [redacted] Bearer [redacted]")


def test_an_endpoint_does_not_show_its_secrets() -> None:
    place = endpoints.ai_gateway(GATEWAY_URL, ACCOUNT, "g", TOKEN, MODEL, gateway_token="gateway-secret")
    assert TOKEN not in repr(place)
    assert "gateway-secret" not in repr(place)


def test_a_body_is_compact_utf_8() -> None:
    assert encode_body({"a": "é\u2028", "b": [1, None, True]}) == '{"a":"é\u2028","b":[1,null,true]}'.encode()


def _deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {1, 2}, object()])
def test_a_body_that_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(RequestError, match="the request cannot be written as JSON"):
        encode_body({"value": value})


def test_a_body_without_end_is_refused() -> None:
    with pytest.raises(RequestError, match="the request cannot be written as JSON"):
        encode_body({"value": _deep()})
