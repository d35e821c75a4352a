"""The environment that programs get which the user or the model runs: ours without what tokens stand in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from glmcli.setting_keys import TOKEN_VARIABLES

if TYPE_CHECKING:
    from glmcli.settings import Settings

KEYS = ("api_key_env", "gateway_token_env")


def without_secrets(environ: Mapping[str, str], settings: "Settings") -> dict[str, str]:
    """The environment without the variables that our tokens stand in, those of every profile."""
    withheld = {*TOKEN_VARIABLES, *secret_names(settings)}
    return {name: value for name, value in environ.items() if name not in withheld}


def secret_names(settings: "Settings") -> set[str]:
    """The variables that profiles name for a key of theirs."""
    tables = settings.file.table("profiles").values()
    return {name for table in tables for key in KEYS if isinstance(name := table.get(key), str)}
