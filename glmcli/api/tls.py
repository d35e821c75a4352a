"""Which certificates are trusted. Reads the certificate files of this machine, and nothing else.

Parsing a whole bundle of certificates takes longer than the rest of a request. OpenSSL reads only the one it needs
from a folder whose files are named by hash, so such a folder is taken where the system has one.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from glmcli.errors import ConfigError

HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
ENOUGH = 20  # files; a folder with fewer holds somebody's additions, not the system's certificates


def tls_context(ca_bundle: str | None, environ: Mapping[str, str]) -> ssl.SSLContext:
    """A context that verifies the server and its name.

    It trusts the given bundle; else SSL_CERT_FILE and SSL_CERT_DIR; else what the system trusts; else what comes with
    httpx. Raises ConfigError for certificates that cannot be read.
    """
    file, folder, told_by = ca_bundle, None, "--ca-bundle"
    if not file:
        file, folder, told_by = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR"), "SSL_CERT_FILE, SSL_CERT_DIR"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not file and not folder:
        file, folder = _system(ssl.get_default_verify_paths())
    elif folder and not any(Path(part).is_dir() for part in folder.split(os.pathsep)):
        raise _unreadable(folder, told_by, "no such folder")  # OpenSSL would take it, and then trust nobody
    try:
        context.load_verify_locations(str(Path(file).expanduser()) if file else None, folder or None)
    except ssl.SSLError as error:
        raise _unreadable(file or folder, told_by, "it holds no certificates in PEM form") from error
    except OSError as error:
        raise _unreadable(file or folder, told_by, error.strerror or "it cannot be read") from error
    return context


def untrusting_context() -> ssl.SSLContext:
    """A context that trusts nobody, for connections that do not use it."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _system(paths: ssl.DefaultVerifyPaths) -> tuple[str | None, str | None]:
    """A bundle or a hashed folder: the folder where there is one, else the bundle, else that of httpx."""
    if paths.capath and _is_hashed(Path(paths.capath)):
        return None, paths.capath
    if paths.cafile:
        return paths.cafile, None
    import certifi

    return certifi.where(), None


def _is_hashed(folder: Path) -> bool:
    try:
        named = (entry for entry in folder.iterdir() if HASHED.fullmatch(entry.name))
        return len(list(islice(named, ENOUGH))) == ENOUGH
    except OSError:
        return False


def _unreadable(path: str | None, told_by: str, why: str) -> ConfigError:
    return ConfigError(f"cannot read the certificates in {path}: {why}", hint=f"Check {told_by}.")
