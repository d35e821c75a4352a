"""Downloads of what the user names, against a real server on loopback that plays every fault."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmcli.api.download import (
    LONGEST_URL,
    REDIRECTS,
    Fetched,
    check_url,
    download,
    is_url,
    redirected,
    shown,
)
from glmcli.api.http import Http
from glmcli.demo.framing import LAST_CHUNK, chunk, head, whole
from glmcli.demo.server import Action, Close, LoopbackServer, Request, Reset, Stall, in_turn
from glmcli.errors import ConfigError, GlmError, NetworkError, UsageError

MIB = 1 << 20
PLAIN = {"content-type": "text/plain; charset=utf-8"}
CHUNKED = {"transfer-encoding": "chunked"}


@pytest.fixture
def http() -> Iterator[Http]:
    with Http(environ={}) as http:
        yield http


def failure(http: Http, url: str, *, limit: int = MIB, **more: float) -> GlmError:
    """What a download ends with; it is one line, and says what to do."""
    with pytest.raises(GlmError) as caught:
        download(http, url, limit=limit, **more)  # type: ignore[arg-type]
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value


def redirect(location: str, status: int = 302) -> bytes:
    return whole(status, {"location": location}, b"moved")


def test_a_download_is_one_get_without_anything_secret(http: Http) -> None:
    with LoopbackServer(in_turn([whole(200, PLAIN, b"hello")])) as server:
        url = f"{server.url}/a/notes.txt?v=1"
        assert download(http, f" {url}#part", limit=5) == Fetched(url, PLAIN["content-type"], b"hello")
        (request,) = server.requests
    assert (request.method, request.target, request.body) == ("GET", "/a/notes.txt?v=1", b"")
    assert sorted(request.headers) == ["accept", "accept-encoding", "host", "user-agent"]
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("fetched", "name", "charset"),
    [
        (
            Fetched("https://h/a/b%C3%A4r.txt?x=/y", "text/html; Charset='ISO-8859-1'; x=1", b""),
            "bär.txt",
            "ISO-8859-1",
        ),
        (Fetched("https://h:1/a/", 'text/html;charset="utf-8"', b""), "a", "utf-8"),
        (Fetched("https://h:1/", "image/png", b""), "h:1", ""),
    ],
)
def test_a_download_knows_its_name_and_charset(fetched: Fetched, name: str, charset: str) -> None:
    assert (fetched.name, fetched.charset) == (name, charset)


def test_a_compressed_body_is_unpacked(http: Http) -> None:
    packed = whole(200, {"content-encoding": "gzip"}, gzip.compress(b"hello", mtime=0))
    with LoopbackServer(in_turn([packed])) as server:
        assert download(http, server.url, limit=5) == Fetched(f"{server.url}/", "", b"hello")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_by_get_also_to_another_host(http: Http, status: int) -> None:
    with (
        LoopbackServer(in_turn([whole(200, PLAIN, b"there")])) as there,
        LoopbackServer(in_turn([redirect("/b", status)], [redirect(f"{there.url}/c.txt", status)])) as here,
    ):
        assert download(http, f"{here.url}/a", limit=MIB) == Fetched(
            f"{there.url}/c.txt", PLAIN["content-type"], b"there"
        )
        seen = [(request.method, request.target) for request in here.requests + there.requests]
    assert seen == [("GET", "/a"), ("GET", "/b"), ("GET", "/c.txt")]


def test_five_redirects_are_followed_and_no_more(http: Http) -> None:
    def respond(request: Request) -> Iterable[bytes | Action]:
        left = int(request.target[1:])
        yield redirect(f"/{left - 1}") if left else whole(200, PLAIN, b"end")

    with LoopbackServer(respond) as server:
        assert download(http, f"{server.url}/{REDIRECTS}", limit=MIB).data == b"end"
        error = failure(http, f"{server.url}/{REDIRECTS + 1}")
    assert (type(error), error.message) == (UsageError, f"{server.url}/6 is redirected more than 5 times")


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("file:///etc/passwd", "redirects to where nothing is fetched: file:///etc/passwd is not https"),
        ("http://example.com/x", "redirects to where nothing is fetched: http://example.com/x is plain http, which"),
        ("https://u:p@example.com/", "redirects to where nothing is fetched: https://example.com/ holds a user name"),
        ("//127.0.0.1:99999/", "redirects to where nothing is fetched: http://127.0.0.1:99999/ has a host or a port"),
        ("http://[::1/", "redirects to an address that cannot be"),
    ],
)
def test_a_redirect_to_what_is_not_fetched_is_refused(http: Http, location: str, why: str) -> None:
    with LoopbackServer(in_turn([redirect(location)])) as server:
        error = failure(http, f"{server.url}/a?token=hunter2")
        assert len(server.requests) == 1
    assert isinstance(error, UsageError)
    assert error.message.startswith(f"{server.url}/a {why}")


def test_no_server_elsewhere_may_point_at_this_machine() -> None:
    with pytest.raises(
        UsageError, match=r"^https://example\.com/a redirects to http://localhost:9/b, which is this mac"
    ):
        redirected("https://example.com/a", "http://localhost:9/b")
    with pytest.raises(UsageError, match="which is this machine"):
        redirected("https://example.com/a", "https://127.0.0.1/b")
    assert redirected("https://example.com/a/b?q=1", "../c") == "https://example.com/c"
    assert redirected("http://localhost:9/", "https://example.com/") == "https://example.com/"


def test_an_address_of_a_redirect_may_be_in_utf_8_or_latin_1() -> None:
    assert redirected("https://h/", "/é".encode().decode("latin-1")) == "https://h/%C3%A9"
    assert redirected("https://h/", "/é") == "https://h/%C3%A9"


def test_a_redirect_without_a_target_is_a_fault_of_the_address(http: Http) -> None:
    with LoopbackServer(in_turn([whole(302, {}, b"")])) as server:
        error = failure(http, server.url)
    assert (type(error), error.message) == (
        UsageError,
        f"{server.url} cannot be downloaded: the server answered 302 Found",
    )


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (404, UsageError, "404 Not Found"),
        (401, UsageError, "401 Unauthorized"),
        (403, UsageError, "403 Forbidden"),
        (499, UsageError, "499"),
        (429, NetworkError, "429 Too Many Requests"),
        (503, NetworkError, "503 Service Unavailable"),
    ],
)
def test_a_status_is_told_and_its_body_is_not_taken(http: Http, status: int, kind: type[GlmError], said: str) -> None:
    with LoopbackServer(in_turn([whole(status, PLAIN, b"sorry")])) as server:
        error = failure(http, f"{server.url}/x?token=hunter2")
    assert (type(error), error.http_status) == (kind, status)
    assert error.message == f"{server.url}/x cannot be downloaded: the server answered {said}"
    assert ("login" in error.hint) == (status in (401, 403))


def test_what_is_declared_too_large_is_not_read(http: Http) -> None:
    with LoopbackServer(in_turn([head(200, {"content-length": str(3 * MIB)}), Stall()])) as server:
        error = failure(http, f"{server.url}/big.wav", limit=2 * MIB)
        assert server.disconnected.wait(10)
    assert type(error) is UsageError
    assert error.message == f"{server.url}/big.wav is too large: 3 MiB, more than the 2 MiB that are allowed"


@pytest.mark.parametrize("packed", [False, True])
def test_what_turns_out_too_large_is_read_no_further(http: Http, packed: bool) -> None:
    def respond(request: Request) -> Iterable[bytes | Action]:
        if packed:
            body = gzip.compress(bytes(4 * MIB))
            yield head(200, {"content-encoding": "gzip", "content-length": str(len(body) + 1)}) + body
        else:
            yield head(200, CHUNKED)
            for _ in range(3):
                yield chunk(bytes(MIB - 1))
        yield Stall()

    with LoopbackServer(respond) as server:
        error = failure(http, server.url, limit=2 * MIB)
        assert server.disconnected.wait(10)
    assert (type(error), error.message) == (
        UsageError,
        f"{server.url} is too large: more than the 2 MiB that are allowed",
    )


def test_as_much_as_the_limit_is_allowed(http: Http) -> None:
    with LoopbackServer(in_turn([head(200, CHUNKED), chunk(b"12"), chunk(b"345"), LAST_CHUNK])) as server:
        assert download(http, server.url, limit=5).data == b"12345"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([Stall()], "no answer from {host} within 0.1 s"),
        ([head(200, CHUNKED), chunk(b"a"), Stall()], "{host} sent nothing more within 0.1 s"),
        ([head(200, {"content-length": "9"}), b"a", Close()], "the connection to {host} broke before the answer was "),
        ([head(200, CHUNKED), chunk(b"a"), Close()], "the connection to {host} broke before the answer was complete"),
        ([Reset()], "the connection to {host} broke before an answer began"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], "what {host} sent is not HTTP"),
        ([whole(200, {"content-encoding": "br"}, b"x")], "{host} sent the answer in the encoding 'br', which was not"),
        ([whole(200, {"content-encoding": "gzip"}, b"xyz")], "{host} sent an answer that cannot be decompressed"),
    ],
)
def test_without_a_whole_body_no_answer_began(http: Http, answer: list[bytes | Action], why: str) -> None:
    with LoopbackServer(in_turn(answer)) as server:
        error = failure(http, f"{server.url}/a.png", first_byte_timeout=0.1, idle_timeout=0.1)
    assert type(error) is NetworkError
    assert error.message.startswith(f"{server.url}/a.png cannot be downloaded: {why.format(host=server.url[7:])}")
    assert "give the path of the file" in error.hint


def test_a_server_that_drips_is_left(http: Http) -> None:
    seconds = iter([0.0, 1.0, 299.0, 301.0])
    drips: list[bytes | Action] = [head(200, CHUNKED), chunk(b"a"), chunk(b"b"), chunk(b"c"), Stall()]
    with LoopbackServer(in_turn(drips)) as server, pytest.raises(NetworkError) as caught:
        download(http, server.url, limit=MIB, monotonic=lambda: next(seconds, 301.0), idle_timeout=5.0)
    assert caught.value.message == f"{server.url} cannot be downloaded: it takes longer than 300 s"


def test_nobody_listens(http: Http) -> None:
    with LoopbackServer(in_turn([])) as server:
        url = server.url
    error = failure(http, url)
    assert (type(error), error.message) == (
        NetworkError,
        f"{url} cannot be downloaded: {url[7:]} refused the connection",
    )


def test_a_fault_of_the_proxy_is_one_of_the_configuration() -> None:
    with Http(environ={"https_proxy": "gopher://proxy"}) as http:
        assert type(failure(http, "https://example.com/a.png")) is ConfigError


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://Example.com", "https://example.com/"),
        (" https://h:8443/a b?q=ä#x ", "https://h:8443/a%20b?q=%C3%A4"),
        ("https://österreich.at:8443/%C3%B6", "https://xn--sterreich-z7a.at:8443/%C3%B6"),
        ("HTTP://127.0.0.1:1/", "http://127.0.0.1:1/"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]/"),
    ],
)
def test_an_address_is_made_of_ascii(url: str, sent: str) -> None:
    assert check_url(url) == sent


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://h/x", "ftp://h/x is not https"),
        ("http://example.com/x?a#b", "http://example.com/x is plain http, which others can read and change on its way"),
        ("http://127.0.0.1.evil.com/", "http://127.0.0.1.evil.com/ is plain http, which"),
        ("https://user:hunter2@h/x", "https://h/x holds a user name or password"),
        ("https://", "https:// names no host and port that can be"),
        ("https://a b/", "https://a b/ names no host and port that can be"),
        ("https://h:0/", "https://h:0/ names no host and port that can be"),
        ("https://h:99999/", "https://h:99999/ has a host or a port that cannot be"),
        ("https://[::1/", "https://[::1/ has a host or a port that cannot be"),
        (f"https://{'ä' * 70}.de/", f"https://{'ä' * 70}.de/ has a host or a port that cannot be"),
        ("https://h/a\nb", "https://h/a\ufffdb holds control characters"),
        ("https://h/" + "x" * LONGEST_URL, "https://h/" + "x" * 89 + "… has 8202 characters; at most 8192 are allowed"),
    ],
)
def test_an_address_that_is_not_fetched_is_refused_and_its_secrets_are_not_shown(url: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_url(url)
    assert caught.value.message.startswith(why)
    assert caught.value.hint


@settings(max_examples=150)
@given(st.text(max_size=30), st.sampled_from(["https://", "http://localhost", "https://h/", "https://h?", ""]))
def test_any_text_is_an_address_in_ascii_or_refused(text: str, start: str) -> None:
    assert shown(start + text).isprintable()
    sent = "https://h/"
    with suppress(UsageError):
        sent = check_url(start + text)
    assert sent.isascii()
    assert is_url(sent)
    assert " " not in sent
    assert check_url(sent) == sent


def test_an_address_is_told_from_a_path() -> None:
    assert [is_url(it) for it in ("https://h", "HTTP://h", "https:/h", "notes/http://h", "-")] == [
        True,
        True,
        False,
        False,
        False,
    ]
