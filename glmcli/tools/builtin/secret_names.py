"""Which files are likely to hold secrets, by their names. Pure.

An approval to read a folder does not cover these: each is asked for by itself, and a search passes them by.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAMES = re.compile(
    r"\.(env|dev\.vars)(\..+)?|\.envrc|\..+_history|\.my\.cnf|\.s3cfg|\.boto"
    r"|\.netrc|_netrc|\.pgpass|\.npmrc|\.pypirc|\.git-credentials|\.htpasswd|\.vault_pass.*"
    r"|id_(rsa|dsa|ecdsa|ed25519)(_.*)?|.+\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk)"
    r"|(credentials|secrets?)(\.(json|toml|ya?ml|ini|txt))?|.*\.tfstate(\..*)?",
    re.IGNORECASE,
)
_EXAMPLES = re.compile(r"\.(env|dev\.vars)\.(example|sample|template|dist)", re.IGNORECASE)
_FOLDERS = {".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".wrangler", "gcloud"}


def is_secret(parts: Sequence[str]) -> bool:
    """Of a path, by its parts; a folder such as .ssh makes a secret of all that is in it, and of itself."""
    if any(part.lower() in _FOLDERS for part in parts):
        return True
    return bool(_NAMES.fullmatch(parts[-1])) and not _EXAMPLES.fullmatch(parts[-1])
