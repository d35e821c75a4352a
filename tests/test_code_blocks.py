"""Which code an answer holds, and that it comes out as it was written."""

from __future__ import annotations

import pytest

from glmcli.code_blocks import CodeBlock, code_blocks, extracted
from glmcli.errors import UnusableError

ANSWER = "First:\n\n```python\nprint(1)\n```\n\nthen\n\n~~~ sh -x\nls\n```\n~~~\n"


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("no code, `x` at most", []),
        ("``` not a fence ``` here", []),
        (ANSWER, [CodeBlock("python", "print(1)\n"), CodeBlock("sh", "ls\n```\n")]),
        ("```\na\r\n\x00b\u2028c\r\n```\r\n", [CodeBlock("", "a\r\n\x00b\u2028c\r\n")]),
        ("\r```\ra\r```", [CodeBlock("", "a\r")]),
        ("- one\n\n  ```sh\n  ls\n    -l\n  ```\n", [CodeBlock("sh", "ls\n  -l\n")]),
        ("> ```\n> q\n> ```", [CodeBlock("", "q\n")]),
        ("  ```\n  a\n   b\n  ```", [CodeBlock("", "a\n b\n")]),
        ("```\ncut off", [CodeBlock("", "cut off")]),
        ("```\ncut off\n", [CodeBlock("", "cut off\n")]),
        ("```\n```", [CodeBlock("", "")]),
        ("```\n\n\n```", [CodeBlock("", "\n\n")]),
        ("````md\n```\ninner\n```\n````", [CodeBlock("md", "```\ninner\n```\n")]),
    ],
)
def test_the_blocks_of_an_answer(text: str, blocks: list[CodeBlock]) -> None:
    assert code_blocks(text) == blocks


def test_a_block_is_described() -> None:
    assert [it.described for it in code_blocks(ANSWER)] == ["python, 1 line", "sh, 2 lines"]
    assert code_blocks("```\n```")[0].described == "0 lines"


def test_one_or_all_are_extracted() -> None:
    assert extracted(ANSWER, "first") == "print(1)\n"
    assert extracted(ANSWER, "last") == "ls\n```\n"
    assert extracted(ANSWER, "all") == "print(1)\n\nls\n```\n"


def test_an_answer_without_code_is_unusable() -> None:
    with pytest.raises(UnusableError, match="the answer has no code block") as raised:
        extracted("Sorry.", "first")
    assert raised.value.exit_status == 9
