"""The scripted model is the same file everywhere, and refuses a script that would contradict itself."""

from __future__ import annotations

import hashlib

import pytest

from tests.local.parrot import Script, parrot


def test_the_parrot_is_the_same_file_on_every_machine() -> None:
    assert hashlib.sha256(parrot()).hexdigest() == "e933e711bdbb611374363ad84abc39ab4c4b00a9938f317f5f0395425bd2c854"


def test_a_token_that_exists_already_is_refused() -> None:
    with pytest.raises(ValueError, match="'<think>' exists already"):
        Script().token("<think>")
