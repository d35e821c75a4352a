from __future__ import annotations

import pytest

from glmcli.api.proxy import Proxy, proxy_for
from glmcli.errors import ConfigError

URL = "https://api.example.com/v4"


@pytest.mark.parametrize(
    ("url", "environ", "variable"),
    [
        (URL, {"HTTPS_PROXY": "http://p:1"}, "HTTPS_PROXY"),
        (URL, {"https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:2"}, "https_proxy"),
        (URL, {"all_proxy": "http://p:1", "http_proxy": "http://q:2"}, "all_proxy"),
        (URL, {"ALL_PROXY": "http://p:1", "HTTPS_PROXY": "http://p:1"}, "HTTPS_PROXY"),
        ("http://api.example.com", {"HTTP_PROXY": "http://p:1"}, "HTTP_PROXY"),
    ],
)
def test_the_variable_of_the_scheme_comes_first_and_lower_case_before_upper(
    url: str, environ: dict[str, str], variable: str
) -> None:
    assert proxy_for(url, environ) == Proxy("http://p:1", variable, "p:1")


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTP_PROXY": "http://p:1"},
        {"https_proxy": "", "HTTPS_PROXY": "http://p:1"},
        {"HTTPS_PROXY": " "},
    ],
)
def test_without_a_variable_of_its_scheme_an_address_is_reached_directly(environ: dict[str, str]) -> None:
    assert proxy_for(URL, environ) is None


@pytest.mark.parametrize("url", ["http://localhost:1", "https://127.0.0.1", "http://[::1]:2"])
def test_this_machine_is_reached_directly(url: str) -> None:
    assert proxy_for(url, {"ALL_PROXY": "http://p:1"}) is None


@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        ("p", Proxy("http://p", "ALL_PROXY", "p")),
        ("p:3128", Proxy("http://p:3128", "ALL_PROXY", "p:3128")),
        ("https://u:pw@p:1", Proxy("https://u:pw@p:1", "ALL_PROXY", "p:1")),
        ("socks5h://p:1", Proxy("socks5h://p:1", "ALL_PROXY", "p:1")),
    ],
)
def test_a_proxy_is_http_unless_it_says_otherwise_and_its_name_holds_no_password(value: str, proxy: Proxy) -> None:
    assert proxy_for(URL, {"ALL_PROXY": value}) == proxy


@pytest.mark.parametrize(
    "value", ["http://", "gopher://hunter2", "http://[hunter2", "http://p:hunter2", "http://p\u00e9"]
)
def test_a_proxy_that_cannot_be_one_is_refused_by_its_variable(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        proxy_for(URL, {"ALL_PROXY": value})
    assert caught.value.message == "ALL_PROXY is not the address of a proxy"
    assert "hunter2" not in caught.value.hint


@pytest.mark.parametrize(
    ("url", "rules", "direct"),
    [
        (URL, "*", True),
        (URL, "api.example.com", True),
        (URL, "other.com, .EXAMPLE.com", True),
        (URL, "other.com example.com", True),
        (URL, "*.example.com", True),
        (URL, "ample.com", False),
        (URL, "", False),
        (URL, " , ", False),
        (URL, ".", False),
        (URL, "example.com:443", False),
        ("https://example.com:443/", "example.com:443", True),
        ("https://example.com:8443/", "example.com:443", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://10.1.2.3", "192.168.0.0/16", False),
        ("https://[2001:db8::1]", "[2001:db8::1]", True),
        ("https://[2001:db8::1]", "2001:db8::/32", True),
        ("https://[2001:db8::1]:8", "[2001:db8::1]:8", True),
    ],
)
def test_no_proxy_names_hosts_domains_and_networks(url: str, rules: str, direct: bool) -> None:
    environ = {"ALL_PROXY": "http://p:1", "NO_PROXY": rules}
    assert (proxy_for(url, environ) is None) is direct


def test_lower_case_no_proxy_comes_first() -> None:
    environ = {"ALL_PROXY": "http://p:1", "NO_PROXY": "*", "no_proxy": "other.com"}
    assert proxy_for(URL, environ) is not None
