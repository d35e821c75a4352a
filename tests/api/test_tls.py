from __future__ import annotations

import ssl
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from glmcli.api.tls import ENOUGH, tls_context, untrusting_context
from glmcli.errors import ConfigError
from tests.api.tls_server import CERTIFICATE


def trusted(context: ssl.SSLContext) -> int:
    """How many certificates are loaded; those of a folder are read when they are needed."""
    return len(context.get_ca_certs())


def paths(monkeypatch: pytest.MonkeyPatch, cafile: str | None, capath: Path | None) -> None:
    found = SimpleNamespace(cafile=cafile, capath=str(capath) if capath else None)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: found)


def test_the_server_and_its_name_are_verified() -> None:
    for context in (tls_context(None, {}), tls_context(str(CERTIFICATE), {}), untrusting_context()):
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.check_hostname


def test_nobody_is_trusted_where_tls_is_not_used() -> None:
    assert trusted(untrusting_context()) == 0


def test_the_bundle_that_is_given_comes_before_the_environment() -> None:
    assert trusted(tls_context(str(CERTIFICATE), {"SSL_CERT_FILE": "/nowhere"})) == 1


def test_the_environment_comes_before_the_system(tmp_path: Path) -> None:
    assert trusted(tls_context(None, {"SSL_CERT_FILE": str(CERTIFICATE)})) == 1
    assert trusted(tls_context(None, {"SSL_CERT_DIR": f"/nowhere:{tmp_path}"})) == 0


def test_a_bundle_may_stand_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "ca.pem").write_bytes(CERTIFICATE.read_bytes())
    assert trusted(tls_context("~/ca.pem", {})) == 1


@pytest.mark.parametrize(
    ("bundle", "environ", "message"),
    [
        ("/nowhere/ca.pem", {}, "cannot read the certificates in /nowhere/ca.pem: No such file or directory"),
        (__file__, {}, f"cannot read the certificates in {__file__}: it holds no certificates in PEM form"),
        (
            None,
            {"SSL_CERT_FILE": "/nowhere/ca.pem"},
            "cannot read the certificates in /nowhere/ca.pem: No such file or directory",
        ),
        (None, {"SSL_CERT_DIR": "/nowhere"}, "cannot read the certificates in /nowhere: no such folder"),
    ],
)
def test_certificates_that_cannot_be_read_are_a_fault_of_the_configuration(
    bundle: str | None, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        tls_context(bundle, environ)
    assert caught.value.message == message
    assert caught.value.hint == ("Check --ca-bundle." if bundle else "Check SSL_CERT_FILE, SSL_CERT_DIR.")


def test_a_folder_of_the_system_with_hashed_names_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(ENOUGH):
        (tmp_path / f"{number:08x}.0").write_text("not even a certificate")
    paths(monkeypatch, "/nowhere", tmp_path)
    assert trusted(tls_context(None, {})) == 0


@pytest.mark.parametrize("folder", ["few", "missing"])
def test_without_such_a_folder_the_bundle_of_the_system_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "0a0a0a0a.0").touch()
    paths(monkeypatch, str(CERTIFICATE), tmp_path / folder)
    assert trusted(tls_context(None, {})) == 1


def test_without_a_bundle_of_the_system_the_one_of_httpx_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    paths(monkeypatch, None, None)
    monkeypatch.setitem(sys.modules, "certifi", SimpleNamespace(where=lambda: str(CERTIFICATE)))
    assert trusted(tls_context(None, {})) == 1
