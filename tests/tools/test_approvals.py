"""What the user approved, and what that lets run: rules in a file, and what holds until the process ends."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glmcli.errors import ConfigError, UsageError
from glmcli.tools.approvals import Approvals, Call, Rule, any_like, exactly, kind_of, read, write
from glmcli.tools.tool import Approval, Tool

NOW = 1795428000.0
CREATED = "2026-11-23T10:00:00Z"
TEXT = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}


def tool(schema: dict[str, Any] | None = TEXT, name: str = "weather", **how: Any) -> Tool:
    inner = {"name": name} if schema is None else {"name": name, "parameters": schema}
    return Tool({"type": "function", "function": inner}, f"/tools/{name}.py", None, **how)


def custom(text: str) -> Call:
    return Call(Tool({"type": "custom", "custom": {"name": "sql"}}, "/tools/sql.json", None), text)


def call(**arguments: Any) -> Call:
    return Call(tool(), arguments)


def approved(folder: Path, call: Call, patterns: Mapping[str, str]) -> Approvals:
    """The approvals of a process that starts after another one approved the call."""
    Approvals(folder).approve_for_good(call, patterns, now=NOW)
    return Approvals(folder)


def test_the_file_is_private_and_says_what_each_rule_is_about(tmp_path: Path) -> None:
    folder = tmp_path / "glmcli"
    approved(folder, call(city="Oslo", days=3), {"city": "O*", "days": "3"})
    approved(folder, custom("select 1"), {"input": "select *"})
    approved(folder, Call(tool(approval=Approval.SCOPE), {"city": "x"}, "/home/me"), {"scope": "/home/me"})
    path = folder / "approvals.toml"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o600, 0o700)
    assert path.read_text() == (
        "# What glm may run unasked. `glm tools rules` lists and revokes these.\n"
        f"""
[[rule]]
tool = "weather"
source = "/tools/weather.py"
definition = "sha256:{tool().hash}"
arguments = {{city = "O*", days = "3"}}
created = {CREATED}

[[rule]]
tool = "sql"
source = "/tools/sql.json"
definition = "sha256:{custom("").tool.hash}"
input = "select *"
created = {CREATED}

[[rule]]
tool = "weather"
source = "/tools/weather.py"
definition = "sha256:{tool().hash}"
scope = "/home/me"
created = {CREATED}
"""
    )
    assert [rule.described for rule in read(path)] == ["city = O*, days = 3", "input = select *", "scope = /home/me"]


@pytest.mark.parametrize(
    ("patterns", "arguments", "covered"),
    [
        ({"city": "O*", "days": "*"}, {"city": "Oslo", "days": 3}, True),
        ({"city": "O*", "days": "*"}, {"city": "Oslo"}, True),
        ({"city": "O*", "days": "*"}, {"days": 3}, False),
        ({"city": "O*", "days": "*"}, {"city": "oslo"}, False),
        ({"city": "O*"}, {"city": "Oslo", "days": 3}, False),
        ({"city": "O*", "days": "3"}, {"city": "Oslo"}, False),
        ({"city": "O?lo"}, {"city": "Oslo"}, True),
        ({"city": "O?lo"}, {"city": "Oo"}, False),
        ({"city": "O*"}, {"city": "Oslo\nrm -rf"}, True),
        ({"city": "Oslo"}, {"city": "Oslo\n"}, False),
        ({"city": "[OB]*"}, {"city": "Bergen"}, True),
        ({"city": "[*]"}, {"city": "Oslo"}, False),
        ({}, {}, True),
        ({}, {"city": "Oslo"}, False),
    ],
)
def test_a_pattern_is_held_against_the_whole_of_each_argument(
    patterns: dict[str, str], arguments: dict[str, Any], covered: bool, tmp_path: Path
) -> None:
    assert approved(tmp_path, call(city="Oslo"), patterns).covers(call(**arguments)) is covered


def test_a_rule_for_the_input_of_a_custom_tool_covers_no_arguments_of_a_function(tmp_path: Path) -> None:
    approvals = approved(tmp_path, custom("select 1"), {"input": "select *"})
    assert approvals.covers(custom("select 2"))
    assert not approvals.covers(custom("drop"))
    assert not approvals.covers(Call(custom("").tool, {"input": "select 2"}))


def test_a_rule_for_a_scope_covers_every_call_in_it_and_none_elsewhere(tmp_path: Path) -> None:
    there = tool(approval=Approval.SCOPE)
    home = Call(there, {"city": "a"}, "/home/[me]")
    assert exactly(home) == any_like(home) == {"scope": "/home/[[]me]"}
    approvals = approved(tmp_path, home, exactly(home))
    assert approvals.covers(Call(there, {"city": "b"}, "/home/[me]"))
    assert not approvals.covers(Call(there, {"city": "a"}, "/home/m"))
    assert not approvals.covers(Call(there, {"city": "a"}))


@pytest.mark.parametrize(
    "changed",
    [
        tool({**TEXT, "additionalProperties": False}),
        tool(implementation=b"other code"),
        tool(name="weather2"),
    ],
)
def test_a_tool_that_was_changed_is_asked_about_again(changed: Tool, tmp_path: Path) -> None:
    before = Call(tool(implementation=b"code"), {"city": "Oslo"})
    approvals = approved(tmp_path, before, any_like(before))
    approvals.approve_for_session(before)
    assert approvals.covers(before)
    assert not approvals.covers(Call(changed, {"city": "Oslo"}))
    assert not approvals.covers(replace(before, tool=replace(before.tool, implementation=b"code ")))


def test_every_call_means_those_with_other_arguments_too(tmp_path: Path) -> None:
    assert any_like(call(city="Oslo", more=1)) == {"city": "*", "days": "*", "more": "*"}
    approvals = approved(tmp_path, call(), any_like(call()))
    assert [approvals.covers(call(**it)) for it in ({}, {"city": "*"}, {"days": 3})] == [True, True, True]
    assert any_like(Call(tool(None), {})) == {}
    assert any_like(custom("select 1")) == {"input": "*"}


def test_who_is_asked_is_the_tools_to_say(tmp_path: Path) -> None:
    approvals = Approvals(tmp_path)
    unasked, always = (Call(tool(approval=it), {}) for it in (Approval.UNASKED, Approval.ALWAYS))
    for one in (unasked, always):
        approvals.approve_for_session(one)
        approvals.approve_for_good(one, {}, now=NOW)
    assert (approvals.covers(unasked), approvals.covers(always)) == (True, False)


def test_an_approval_for_the_session_covers_the_tool_and_ends_with_the_process(tmp_path: Path) -> None:
    approvals = Approvals(tmp_path)
    approvals.approve_for_session(call(city="Oslo"))
    assert approvals.covers(call(city="Bergen", days=1))
    assert not approvals.covers(Call(tool(name="other"), {}))
    assert not Approvals(tmp_path).covers(call(city="Oslo"))
    assert not (tmp_path / "approvals.toml").exists()


def test_the_same_rule_stands_there_once(tmp_path: Path) -> None:
    for _ in range(2):
        Approvals(tmp_path).approve_for_good(call(city="Oslo"), {"city": "O*"}, now=NOW)
    Approvals(tmp_path).approve_for_good(call(city="Oslo"), {"city": "Os*"}, now=NOW)
    assert [dict(rule.patterns) for rule in Approvals(tmp_path).rules()] == [{"city": "O*"}, {"city": "Os*"}]


def test_what_is_revoked_counts_no_more_in_a_process_that_goes_on(tmp_path: Path) -> None:
    approvals = approved(tmp_path, call(city="Oslo"), {"city": "*"})
    assert approvals.covers(call(city="Oslo"))
    (rule,) = Approvals(tmp_path).revoke({1})
    assert rule == Rule("weather", f"sha256:{tool().hash}", "arguments", {"city": "*"}, "/tools/weather.py", CREATED)
    assert not approvals.covers(call(city="Oslo"))
    assert approvals.path.read_text() == "# What glm may run unasked. `glm tools rules` lists and revokes these.\n"


def test_a_rule_that_there_is_not_cannot_be_revoked(tmp_path: Path) -> None:
    approvals = approved(tmp_path, call(city="Oslo"), {"city": "*"})
    with pytest.raises(UsageError, match=r"^there is no rule 2: approvals\.toml has 1$"):
        approvals.revoke({1, 2})
    assert len(approvals.rules()) == 1


NO_RULE = "{} rule 1 is no rule: it wants tool, definition, and one of arguments, input, scope"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[rule]", "approvals.toml line 1: not valid TOML: expected ']]' at the end of an array declaration"),
        ("allow = true", "{} holds allow, but only [[rule]] has a meaning there"),
        ('[rule]\ntool = "weather"', "approvals.toml line 5: not valid TOML: cannot overwrite a value"),
        ("[[rule]]", NO_RULE),
        ('[[rule]]\ntool = 1\ndefinition = "x"\ninput = "*"', NO_RULE),
        ('[[rule]]\ntool = "x"\ndefinition = "x"\ninput = "*"\nscope = "*"', NO_RULE),
        ('[[rule]]\ntool = "x"\ndefinition = "x"\narguments = { city = 1 }', NO_RULE),
        ('[[rule]]\ntool = "x"\ndefinition = "x"\nscope = { city = "*" }', NO_RULE),
        ("\xff", "approvals.toml line 1: not valid UTF-8"),
    ],
)
def test_a_file_that_makes_no_sense_approves_nothing_and_is_left_as_it_is(text: str, told: str, tmp_path: Path) -> None:
    approvals = approved(tmp_path, call(city="Oslo"), {"city": "*"})
    sound = approvals.path.read_bytes()
    broken = text.encode("latin-1") if text == "\xff" else f"{text}\n".encode() + sound
    approvals.path.write_bytes(broken)
    doing = (
        lambda: approvals.covers(call(city="Oslo")),
        lambda: approvals.approve_for_good(call(), {}, now=NOW),
        lambda: approvals.revoke({1}),
    )
    for do in doing:
        with pytest.raises(ConfigError) as raised:
            do()
        assert raised.value.message == told.format(approvals.path)
    assert approvals.path.read_bytes() == broken
    approvals.path.write_bytes(sound)
    assert approvals.covers(call(city="Oslo"))


def test_a_folder_that_cannot_be_written_leaves_the_rules_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot use the folder"):
        Approvals(tmp_path / "file").approve_for_good(call(), {}, now=NOW)


def _approve_many(folder: Path, name: str) -> None:
    for number in range(10):
        Approvals(folder).approve_for_good(call(city=f"{name}{number}"), {"city": f"{name}{number}"}, now=NOW)


def test_processes_that_approve_at_once_lose_no_rule(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("spawn")  # this process has threads
    processes = [spawning.Process(target=_approve_many, args=(tmp_path, name)) for name in ("a", "b")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    wanted = {f"{name}{number}" for name in ("a", "b") for number in range(10)}
    assert sorted(rule.patterns["city"] for rule in Approvals(tmp_path).rules()) == sorted(wanted)
    assert os.listdir(tmp_path) == ["approvals.toml"]  # noqa: PTH208 - hidden files too


# What a model may write: JSON without what `glmcli.tools.arguments` refuses.
SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False, allow_infinity=False, width=16)
    | st.sampled_from(["", "1", "1.0", "true", "null", '"1"', "*", "[*]", "?", "[", "[!a]", "a\nb", "\\", "\x7f\x85"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
)  # fmt: skip
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text("ab", max_size=1), SCALARS, max_size=2)
ARGUMENTS = st.dictionaries(st.sampled_from(["a", "b", "*", "a.b"]), VALUES, max_size=3)
ANYTHING = tool({"type": "object"})


@given(ARGUMENTS, ARGUMENTS)
@example({"a": "1"}, {"a": 1})
@example({"a": "x", "b": True}, {"a": "x"})
@example({"a": "*"}, {"a": "anything"})
def test_exactly_this_call_is_no_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = Call(ANYTHING, one), Call(ANYTHING, other)
    rule = Rule("weather", f"sha256:{ANYTHING.hash}", kind_of(first), exactly(first))
    assert rule.covers(first)
    assert rule.covers(second) == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
@example("select *", "select 1")
def test_exactly_this_input_is_no_other(one: str, other: str) -> None:
    rule = Rule("sql", f"sha256:{custom('').tool.hash}", "input", exactly(custom(one)))
    assert rule.covers(custom(one))
    assert rule.covers(custom(other)) == (one == other)


@settings(max_examples=30)
@given(arguments=ARGUMENTS)
def test_a_rule_comes_back_from_the_file_as_it_was(
    arguments: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "rules.toml"
    one = Call(ANYTHING, arguments)
    rules = [Rule("weather", "sha256:x", "arguments", it(one), "/a b/c.py", CREATED) for it in (exactly, any_like)]
    write(path, rules)
    assert read(path) == rules
