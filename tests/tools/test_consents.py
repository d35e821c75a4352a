"""Who is asked before a call runs, how often, and what each answer lets run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glmcli.tools.approvals import Approvals, Call
from glmcli.tools.calling import Consent, Mode, checked
from glmcli.tools.tool import Approval, Result
from tests.tools.asked import Bench, called, echo, numbered, tool

ONCE, SESSION, NO = Consent("once"), Consent("session"), Consent("no")
EACH = Approval.EACH
DECLINED = "The call was not carried out: the user declined it."
UNASKED = (
    "The call was not carried out: it needs the user's approval, and nobody is there to give it. Do not repeat it."
)
REFUSED = "The call was not carried out: it is refused. Do not repeat it."


def folder_of(arguments: Any) -> str:
    if "a" not in arguments:
        raise ValueError("there is no such folder")
    return f"/{arguments['a'] % 2}"


def scoped() -> Any:
    return tool(approval=Approval.SCOPE, scope=folder_of)


def test_every_call_is_asked_about_with_the_arguments_that_run(tmp_path: Path) -> None:
    one = tool(approval=EACH)
    bench = Bench(tmp_path, one, consents=[ONCE, ONCE])
    bench(called('{"a":1}', id="0"), called('{"a":1}', id="1"))
    assert bench.asked == [Call(one, {"a": 1})] * 2


def test_all_are_asked_about_before_the_first_runs(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tool(approval=EACH), consents=[ONCE, NO])
    assert bench(*numbered("f", "f")) == {"0": "ran with {}", "1": DECLINED}
    assert bench.told == [("1", "declined"), ("0", "started"), ("0", "ok")]


def test_a_reason_for_a_no_is_told_to_the_model(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tool(approval=EACH), consents=[Consent("no", reason="Too late.")])
    assert bench(called()) == {"1": f"{DECLINED} The user says: Too late."}
    assert bench.calling.refused == []


def test_for_this_session_covers_the_tool_from_the_next_call_on_and_no_other_tool(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tool(approval=EACH), tool("g", approval=EACH), consents=[SESSION, NO])
    assert bench(*numbered("f", "f", "g")) == {"0": "ran with {}", "1": "ran with {}", "2": DECLINED}
    bench(called('{"a": 7}', id="3"))
    assert [call.tool.name for call in bench.asked] == ["f", "g"]
    assert not (tmp_path / "approvals.toml").exists()


def test_a_scope_is_asked_about_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, scoped(), consents=[ONCE, NO])
    kept = bench(*(called(f'{{"a": {number}}}', id=str(number)) for number in (1, 3, 2, 5)))
    assert [call.scope for call in bench.asked] == ["/1", "/0"]
    assert kept == {"2": DECLINED, **{str(number): f"ran with {{'a': {number}}}" for number in (1, 3, 5)}}


def test_tools_that_share_a_scope_are_asked_about_once_together(tmp_path: Path) -> None:
    reading = [tool(name, approval=Approval.SCOPE, scope=lambda arguments: "/", shares="reading") for name in "ab"]
    other = tool("c", approval=Approval.SCOPE, scope=lambda arguments: "/")
    bench = Bench(tmp_path, *reading, other, consents=[ONCE, NO])
    assert bench(*numbered("a", "b", "c")) == {"0": "ran with {}", "1": "ran with {}", "2": DECLINED}
    assert [call.tool.name for call in bench.asked] == ["a", "c"]


def test_where_there_is_no_scope_the_model_is_told_and_nobody_is_asked(tmp_path: Path) -> None:
    bench = Bench(tmp_path, scoped(), consents=[])
    assert bench(called()) == {"1": "The call was not carried out. there is no such folder"}


def test_what_is_always_asked_is_asked_each_time_whatever_was_said_before(tmp_path: Path) -> None:
    one = tool(approval=Approval.ALWAYS)
    Approvals(tmp_path).approve_for_good(Call(one, {}), {"a": "*"}, now=0.0)
    bench = Bench(tmp_path, one, consents=[SESSION, ONCE, NO])
    assert bench(*numbered("f", "f", "f"))["2"] == DECLINED
    assert len(bench.asked) == 3


def test_always_is_written_down_and_covers_what_fits_it(tmp_path: Path) -> None:
    one = tool(approval=EACH)
    bench = Bench(tmp_path, one, consents=[Consent("always", patterns={"a": "1*"}), NO])
    kept = bench(*(called(f'{{"a": {number}}}', id=str(number)) for number in (1, 12, 2)))
    assert kept == {"1": "ran with {'a': 1}", "12": "ran with {'a': 12}", "2": DECLINED}
    (rule,) = Approvals(tmp_path).rules()
    assert (rule.tool, rule.patterns, rule.created) == ("f", {"a": "1*"}, "1970-01-01T00:00:00Z")


def test_an_approval_that_cannot_be_kept_holds_for_its_call(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.touch()
    bench = Bench(folder, tool(approval=EACH), consents=[Consent("always", patterns={}), NO])
    assert bench(*numbered("f", "f")) == {"0": "ran with {}", "1": DECLINED}
    assert len(bench.warnings) == 2
    assert bench.warnings[1].startswith("the approval holds for this call only: cannot use the folder ")


def test_changed_arguments_run_and_the_model_is_told(tmp_path: Path) -> None:
    one = tool(approval=EACH)
    bench = Bench(tmp_path, one, consents=[Consent("once", changed=checked(one, '{"a": 2}'))])
    assert bench(called('{"a": 1}')) == {"1": "The user changed the arguments to {\"a\": 2}\nran with {'a': 2}"}


def test_an_approval_for_good_of_changed_arguments_is_one_of_these(tmp_path: Path) -> None:
    one = scoped()
    bench = Bench(tmp_path, one, consents=[Consent("once", changed=checked(one, '{"a": 2}')), NO])
    kept = bench(*(called(f'{{"a": {number}}}', id=str(number)) for number in (1, 4, 3)))
    assert (kept["4"], kept["3"]) == ("ran with {'a': 4}", DECLINED)


@pytest.mark.parametrize(
    ("mode", "approval", "rule", "text", "refused"),
    [
        ("ask", Approval.UNASKED, False, "ran with {}", []),
        ("ask", EACH, False, UNASKED, ["f"]),
        ("ask", EACH, True, "ran with {}", []),
        ("ask", Approval.ALWAYS, True, UNASKED, ["f"]),
        ("deny", Approval.UNASKED, False, "ran with {}", []),
        ("deny", EACH, False, REFUSED, ["f"]),
        ("deny", EACH, True, "ran with {}", []),
        ("deny", Approval.ALWAYS, True, REFUSED, ["f"]),
        ("auto", EACH, False, "ran with {}", []),
        ("auto", Approval.ALWAYS, False, "ran with {}", []),
    ],
)
def test_without_anybody_to_ask_only_what_is_approved_runs(
    mode: Mode, approval: Approval, rule: bool, text: str, refused: list[str], tmp_path: Path
) -> None:
    one = tool(approval=approval)
    if rule:
        Approvals(tmp_path).approve_for_good(Call(one, {}), {}, now=0.0)
    bench = Bench(tmp_path, one, mode=mode)
    assert (bench(called()), bench.calling.refused) == ({"1": text}, refused)


def test_deny_asks_nobody_though_somebody_is_there(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tool(approval=EACH), mode="deny", consents=[])
    assert bench(called()) == {"1": REFUSED}


def test_a_broken_file_of_rules_covers_nothing_and_is_told_once(tmp_path: Path) -> None:
    one = tool(approval=EACH)
    Approvals(tmp_path).approve_for_good(Call(one, {}), {}, now=0.0)
    path = tmp_path / "approvals.toml"
    path.write_text(path.read_text() + "more = 1\n[")
    bench = Bench(tmp_path, one, tool("g", lambda arguments, stop: Result("g")), consents=[NO, NO])
    assert bench(*numbered("f", "g", "f")) == {"0": DECLINED, "1": "g", "2": DECLINED}
    assert len(bench.warnings) == 1
    assert bench.warnings[0].startswith("approvals.toml line ")
    assert bench.warnings[0].endswith("; no rule counts")


def test_ctrl_c_at_the_question_ends_the_turn_before_anything_ran(tmp_path: Path) -> None:
    def interrupted(call: Call) -> Consent:
        if call.arguments:
            raise KeyboardInterrupt
        return ONCE

    bench = Bench(tmp_path, tool(run=echo, approval=EACH), consents=[])
    bench.calling._ask = interrupted
    with pytest.raises(KeyboardInterrupt):
        bench(called(id="0"), called('{"a": 1}', id="1"))
    assert bench.told == [("0", "cancelled"), ("1", "cancelled")]
    assert set(bench.kept.values()) == {"The user stopped the call before it ended."}
