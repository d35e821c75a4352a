"""The tool fetch_url, against real servers on loopback, and against the ways to them that it must not find."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from glmcli.demo.framing import chunk, head, whole
from glmcli.demo.server import Action, LoopbackServer, Request, Reset, Stall, in_turn
from glmcli.tools.builtin import fetch_url
from glmcli.tools.builtin.declaring import Refused
from glmcli.tools.builtin.fetch_url import LIMIT, fetch_url_tool
from glmcli.tools.tool import Result, Stop, Tool
from tests.api.tls_server import CERTIFICATE, tls_server
from tests.tools.builtin.called import call, refusal, told

HTML = {"content-type": "text/html; charset=utf-8"}
PLAIN = {"content-type": "text/plain"}
OPEN = fetch_url_tool({}, ca_bundle=None, allow_private=True)
SHUT = fetch_url_tool({}, ca_bundle=None)


def leading(*addresses: str, **more: bool) -> Tool:
    """A tool to which every name has these addresses."""

    def lookup(host: str, port: int) -> Sequence[str]:
        return addresses

    return fetch_url_tool({}, ca_bundle=str(CERTIFICATE), lookup=lookup, **more)


def redirect(location: str) -> bytes:
    return whole(302, {"location": location}, b"moved")


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        (HTML, b"<title>T</title><p>h\xc3\xa4llo <a href=x>link</a>", "Title: T\n\nh\xe4llo [link](URL/d/x)"),
        (PLAIN, b"as <b>it</b> is\n", "\nas <b>it</b> is\n"),
        ({"content-type": "application/json"}, b'{"a": 1}', '\n{"a": 1}'),
        ({"content-type": "text/plain; charset=latin-1"}, b"h\xe4llo", "\nh\xe4llo"),
        ({"content-type": "text/plain; charset=nonsense"}, b"h\xe4llo", "\nh\ufffdllo"),
        ({}, b"<html><p>sniffed", "\nsniffed"),
        (PLAIN, b"", "\n(There is no text.)"),
    ],
)
def test_the_text_of_a_page_comes_under_its_address(headers: dict[str, str], body: bytes, text: str) -> None:
    with LoopbackServer(in_turn([whole(200, headers, body)])) as server:
        url = f"{server.url}/d/p?q=1"
        assert call(OPEN, url=f"{url}#part") == Result(f"{url}\n{text.replace('URL', server.url)}", foreign=True)
        (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/d/p?q=1")
    assert sorted(request.headers) == ["accept", "accept-encoding", "host", "user-agent"]
    assert request.headers["user-agent"].startswith("glm/")


def test_a_long_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(in_turn([whole(200, PLAIN, b"12345")])) as server:
        assert told(OPEN, url=server.url, max_characters=3) == (f"{server.url}/\n(The first 3 of 5 characters.)\n\n123")
        monkeypatch.setattr(fetch_url, "LIMIT", 4)
        assert told(OPEN, url=server.url, max_characters=3) == (
            f"{server.url}/\n(The first 3 of more than 4 characters.)\n\n123"
        )


def test_an_endless_body_is_read_to_the_limit_only() -> None:
    def respond(request: Request) -> Iterable[bytes | Action]:
        yield head(200, {**PLAIN, "transfer-encoding": "chunked"})
        for _ in range(2 * LIMIT >> 16):
            yield chunk(b"x" * (1 << 16))
        yield Stall()

    with LoopbackServer(respond) as server:
        text = told(OPEN, url=server.url)
    assert text == f"{server.url}/\n(The first 20000 of more than {LIMIT} characters.)\n\n{'x' * 20_000}"


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ({"content-type": "image/png"}, b"12345", "URL/ is no text, but image/png, 5 bytes."),
        ({"content-type": "application/pdf"}, b"%PDF", "URL/ is no text, but application/pdf, 4 bytes."),
        ({}, b"\x7fELF\0\0", "URL/ is no text, but binary, 6 bytes."),
        (PLAIN, b"a\0b", "URL/ is no text, but text/plain, 3 bytes."),
    ],
)
def test_what_is_no_text_is_refused_with_its_type_and_size(headers: dict[str, str], body: bytes, text: str) -> None:
    with LoopbackServer(in_turn([whole(200, headers, body)])) as server:
        assert refusal(OPEN, url=server.url) == text.replace("URL", server.url)


def test_a_failure_of_the_server_is_told_with_what_it_said() -> None:
    with LoopbackServer(in_turn([whole(404, HTML, b"<p>Nothing here")])) as server:
        text = f"{server.url}/x\nThe server answered 404 Not Found.\n\nNothing here"
        assert call(OPEN, url=f"{server.url}/x") == Result(text, failed=True, foreign=True)


def test_redirects_on_the_same_host_are_followed_up_to_five() -> None:
    def respond(request: Request) -> Iterable[bytes | Action]:
        left = int(request.target[1:])
        yield redirect(f"/{left - 1}") if left else whole(200, PLAIN, b"end")

    with LoopbackServer(respond) as server:
        assert told(OPEN, url=f"{server.url}/5") == f"{server.url}/0\n\nend"
        assert refusal(OPEN, url=f"{server.url}/6") == f"{server.url}/6 is redirected more than 5 times."


@pytest.mark.parametrize(
    "location", ["https://example.com/a?b=1", "http://localhost:PORT/a", "https://127.0.0.1:PORT/a"]
)
def test_a_redirect_to_another_host_port_or_scheme_is_told_and_not_followed(location: str) -> None:
    with LoopbackServer(lambda _: [redirect(location)]) as server:
        location = location.replace("PORT", server.url.rpartition(":")[2])
        assert call(OPEN, url=server.url) == Result(
            f"{server.url}/ has moved to {location}, which is another host and was not fetched. "
            "Call fetch_url with that address if it is wanted.",
            foreign=True,
        )
        assert len(server.requests) == 1


def test_a_redirect_to_what_is_no_page_is_refused() -> None:
    with LoopbackServer(in_turn([redirect("file:///etc/passwd")])) as server:
        assert refusal(OPEN, url=server.url) == (
            f"{server.url}/ redirects to where nothing is fetched: file:///etc/passwd is not http or https."
        )


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:PORT/", "127.0.0.1 is"),
        ("http://localhost:PORT/", "localhost leads to 127.0.0.1, which is"),
        ("http://2130706433:PORT/", "2130706433 leads to 127.0.0.1, which is"),
        ("http://0177.0.0.1:PORT/", "0177.0.0.1 leads to 127.0.0.1, which is"),
        ("http://0x7f.1:PORT/", "0x7f.1 leads to 127.0.0.1, which is"),
        ("http://0:PORT/", "0 leads to 0.0.0.0, which is"),
        ("http://[::1]:PORT/", "::1 is"),
        ("http://[::ffff:127.0.0.1]:PORT/", "::ffff:127.0.0.1 is"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is"),
        ("https://10.0.0.1/", "10.0.0.1 is"),
    ],
)
def test_this_machine_and_its_networks_are_refused(url: str, why: str) -> None:
    with LoopbackServer(in_turn([whole(200, PLAIN, b"private")])) as server:
        url = url.replace("PORT", server.url.rpartition(":")[2])
        assert refusal(SHUT, url=url) == f"{why} no public address: it may be this machine or its network."
        assert server.requests == []


def test_a_name_that_leads_to_this_machine_is_refused() -> None:
    assert refusal(leading("8.8.8.8", "127.0.0.1"), url="https://public.test/") == (
        "public.test leads to 127.0.0.1, which is no public address: it may be this machine or its network."
    )


@pytest.mark.parametrize("allow_private", [False, True])
def test_a_name_without_an_address_is_refused(allow_private: bool) -> None:
    assert refusal(leading(allow_private=allow_private), url="https://public.test/") == "there is no host public.test."


def test_the_address_that_was_checked_is_the_one_that_is_connected_to() -> None:
    asked: list[tuple[str, int]] = []

    def lookup(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    tool = fetch_url_tool({}, ca_bundle=None, allow_private=True, lookup=lookup)
    with LoopbackServer(in_turn([whole(200, PLAIN, b"hello")])) as server:
        port = int(server.url.rpartition(":")[2])
        assert told(tool, url=f"http://public.test:{port}/") == f"http://public.test:{port}/\n\nhello"
        assert server.requests[0].headers["host"] == f"public.test:{port}"
    assert asked == [("public.test", port)]


def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    with LoopbackServer(in_turn([whole(200, PLAIN, b"hello")])) as server:
        port = server.url.rpartition(":")[2]
        tool = leading("127.0.0.2", "127.0.0.1", allow_private=True)
        assert told(tool, url=f"http://public.test:{port}/") == f"http://public.test:{port}/\n\nhello"


def test_the_certificate_is_checked_for_the_name_and_not_for_the_address() -> None:
    tool = leading("127.0.0.1", allow_private=True)
    with tls_server(whole(200, PLAIN, b"hello")) as port:
        assert told(tool, url=f"https://localhost:{port}/") == f"https://localhost:{port}/\n\nhello"
        assert refusal(tool, url=f"https://public.test:{port}/").startswith(
            f"the certificate of public.test:{port} is not trusted: "
        )


def test_through_a_proxy_plain_http_is_refused_and_private_names_too() -> None:
    environ = {"http_proxy": "http://proxy.test:1", "https_proxy": "http://proxy.test:1"}
    tool = fetch_url_tool(environ, ca_bundle=None, lookup=lambda host, port: ["10.0.0.1"])
    assert refusal(tool, url="http://public.test/") == (
        "http://public.test/ is plain http, and the proxy proxy.test:1 could be led anywhere with it."
    )
    assert refusal(tool, url="https://public.test/") == (
        "public.test leads to 10.0.0.1, which is no public address: it may be this machine or its network."
    )


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("file:///etc/passwd", "file:///etc/passwd is not http or https."),
        ("example.com", "example.com is not http or https."),
        ("https://me:hunter2@example.com/", "https://example.com/ holds a user name or password."),
        ("https://exa mple.com/", "https://exa mple.com/ names no host and port that can be."),
        ("https://example.com:0/", "https://example.com:0/ names no host and port that can be."),
    ],
)
def test_what_is_no_address_of_a_page_is_refused_before_anyone_is_asked(url: str, text: str) -> None:
    assert refusal(SHUT, url=url) == text
    assert SHUT.scope is not None
    with pytest.raises(Refused) as caught:
        SHUT.scope({"url": url})
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        ("https://Example.com/a/b?c#d", "https://example.com:443"),
        ("http://example.com:8080", "http://example.com:8080"),
        ("https://bücher.example/", "https://xn--bcher-kva.example:443"),
        ("http://[::1]/", "http://[::1]:80"),
    ],
)
def test_an_approval_covers_one_scheme_host_and_port(url: str, scope: str) -> None:
    assert SHUT.scope is not None
    assert SHUT.scope({"url": url}) == scope


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ([Reset()], "the connection to HOST broke before an answer began."),
        (
            [head(200, {**PLAIN, "content-length": "9"}), b"half", Reset()],
            "the connection to HOST broke before the answer was complete.",
        ),
        ([b"SSH-2.0\r\n\r\n"], "what HOST sent is not HTTP: illegal status line: bytearray(b'SSH-2.0')."),
    ],
)
def test_a_broken_answer_is_told(fault: list[bytes | Action], text: str) -> None:
    with LoopbackServer(lambda _: fault) as server:
        assert refusal(OPEN, url=server.url) == text.replace("HOST", server.url.removeprefix("http://"))


def on_request(then: Callable[[], None]) -> Callable[[Request], Iterable[bytes | Action]]:
    def respond(_: Request) -> Iterable[bytes | Action]:
        then()
        yield Stall()

    return respond


def test_a_call_can_be_stopped_while_the_server_is_silent() -> None:
    stop = Stop()
    with LoopbackServer(on_request(stop.set)) as server:
        assert call(OPEN, stop, url=server.url) == Result("Stopped before it was done.", failed=True)


def test_a_call_ends_when_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_url, "SECONDS", 0.2)
    with LoopbackServer(on_request(lambda: None)) as server:
        assert refusal(OPEN, url=server.url) == "Stopped: it took longer than 0.2 s."
    assert [it for it in threading.enumerate() if it.name == "tool work" and not it.daemon] == []


def test_the_documents_of_this_machine_are_no_pages(tmp_path: Path) -> None:
    (tmp_path / "page").write_text("secret")
    assert refusal(OPEN, url=(tmp_path / "page").as_uri()).endswith("is not http or https.")
