"""A device as prompt-toolkit wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glmcli.cli.device import Device

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output


def streams(device: Device) -> "tuple[Input, Output]":
    """Where keys come from and where is drawn."""
    from prompt_toolkit.input import create_input
    from prompt_toolkit.output import create_output
    from prompt_toolkit.output.plain_text import PlainTextOutput

    keys = open(device.keys, closefd=False, encoding="utf-8")  # noqa: SIM115
    screen = open(device.screen, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    return create_input(keys), PlainTextOutput(screen) if device.dumb else create_output(screen)
