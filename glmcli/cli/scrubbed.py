"""The environment that programs get which the user or the model runs: ours without what tokens stand in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from glmcli.setting_keys import TOKEN_VARIABLES

if TYPE_CHECKING:
    from glmcli.settings import Settings


def without_secrets(environ: Mapping[str, str], settings: "Settings") -> dict[str, str]:
    """The environment without the variables that our tokens stand in, those of every profile."""
    named = {
        table.get(key)
        for table in settings.file.table("profiles").values()
        for key in ("api_key_env", "gateway_token_env")
    }
    return {name: value for name, value in environ.items() if name not in {*TOKEN_VARIABLES, *named}}
