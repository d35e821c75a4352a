"""/context and /compact, and what is said before a conversation grows too long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.api.completion import Completion
from glmcli.api.events import Usage
from glmcli.cli.repl import Repl
from glmcli.cli.room import Room, estimate, window
from glmcli.cli.slash import context
from glmcli.cli.slash.context import BEFORE, SUMMARISER
from glmcli.demo.server import Close
from glmcli.errors import Interrupted, UsageError
from tests.cli.talking import Talk, served
from tests.cli.test_slash import replies
from tests.support.served import cut, delta, failing, saying, stream

CALL = {"index": 0, "id": "call-1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
SUMMARY = "- the sky is blue"
STORY = "Hello\n" + "it goes on " * 50


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with served(tmp_path, saying("One."), saying(SUMMARY), saying("Three.")) as served_talk:
        yield served_talk


@pytest.fixture
def uncounted(tmp_path: Path) -> Iterator[Talk]:
    """The answer comes without counts, so that the conversation is as long as it is."""
    with served(tmp_path, saying("One.", usage=False), saying(SUMMARY), saying("Three.")) as served_talk:
        yield served_talk


# How full it is


def test_an_empty_context(talk: Talk) -> None:
    assert replies(talk, "/context") == [
        "about 0 tokens of 131,072: 0.0 %",
        f"[{'.' * 40}]",
        "  free          131,072  for what comes, the answers included",
    ]


def test_a_counted_context(talk: Talk) -> None:
    assert replies(talk, "/system Be brief.", "Hello", "/context")[1:] == [
        "10 tokens of 131,072: 0.0 %",
        f"[{'.' * 40}]",
        "  system              4",
        "  user                3",
        "  assistant           3",
        "  free          131,062  for what comes, the answers included",
    ]


def test_what_waits_is_estimated(talk: Talk) -> None:
    (talk.folder / "a").write_text("x" * 200_000)
    told = replies(talk, "Hello", f"/file {talk.folder / 'a'}", "/context")
    assert told[1].startswith("about 50,0")
    assert told[1].endswith(" tokens (10 counted by the server) of 131,072: 38.2 %")
    assert told[2] == f"[{'#' * 15}{'.' * 25}]"
    assert told[5].startswith("  of them for the next message: about 50,0")


def test_a_model_that_is_not_known_has_no_bar(talk: Talk) -> None:
    assert replies(talk, "/model other", "Hello", "/context")[1:] == [
        "10 tokens; how many other takes is not known here",
        "  user                5",
        "  assistant           5",
    ]


def test_a_resumed_session_knows_what_was_counted(talk: Talk) -> None:
    talk("Hello")
    assert replies(talk, "/context", continue_=True)[2] == "10 tokens of 131,072: 0.0 %"


def test_a_session_without_counts_is_estimated(tmp_path: Path) -> None:
    with served(tmp_path, saying("One.", usage=False)) as talk:
        talk("Hello")
        assert "about 11 tokens of 131,072: 0.0 %" in replies(talk, "/context", continue_=True)


def test_a_retried_answer_is_estimated_anew() -> None:
    room = Room()
    question, first = {"role": "user", "content": "x" * 40}, {"role": "assistant", "content": "One."}
    room.counted([question, first, {"role": "tool", "content": ""}], Usage(100, 20, 120))
    assert room.filled([question, first], "glm-4.7-flash").tokens == 120
    assert room.knows([first])
    assert not room.knows([question])
    assert room.filled([question, dict(first)], "glm-4.7-flash").tokens == 19
    assert room.filled([question, dict(first)], "other").percent == 0


def test_thinking_is_not_sent_on_and_not_counted() -> None:
    room = Room()
    answer: dict[str, Any] = {"role": "assistant", "content": "x"}
    room.counted([answer], Usage(100, 20, 120, raw={"completion_tokens_details": {"reasoning_tokens": 15}}))
    assert room.filled([answer], "x").tokens == 105
    room.counted([], Usage(1, 1, 2))
    room.counted([answer], Usage(100, 20, 120, raw={"completion_tokens_details": {"reasoning_tokens": 99}}))
    assert room.filled([answer], "x").tokens == 100


def test_messages_are_estimated_by_their_bytes() -> None:
    assert estimate({"role": "user", "content": "12345678"}) == 6
    assert estimate({"role": "user", "content": "日本語日"}) == 7
    assert estimate({"role": "assistant", "content": None}) == 4
    assert estimate({"role": "assistant", "content": "", "tool_calls": [{"id": "12345"}]}) == 9
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "x" * 9999}}
    assert estimate({"role": "user", "content": [{"type": "text", "text": "1234"}, image]}) == 1005
    assert window("@cf/zai-org/GLM-4.7-Flash") == 131_072
    assert window("small") is None


# Before it is sent


def long(percent: float) -> str:
    return "x" * int(131_072 * 4 * percent / 100)


def test_a_context_that_fills_is_warned_of_once_a_level(tmp_path: Path) -> None:
    with served(tmp_path, saying("Yes.", usage=False)) as talk:
        told = replies(talk, long(85), "Hi", "/new", long(70), long(12), "a", long(10), "b")
        assert [line for line in told if "fills" in line] == [
            f"warning: the conversation fills {n} % of what the model takes; /compact makes room" for n in (85, 82, 92)
        ]


def test_a_message_that_does_not_fit_is_refused_once(tmp_path: Path) -> None:
    with served(tmp_path, saying("Yes.")) as talk:
        told = replies(talk, long(101), "/retry", "Hi")
        assert told[0].startswith("the conversation has about 132,3")
        assert told[0].endswith(" tokens and the model takes 131,072, its answer included; nothing was sent")
        assert "/compact" in told[1]
        assert "/retry sends it all the same" in told[1]
        assert len(talk.asked[0]) == 1
        assert len(talk.asked[1]) == 3


def test_what_was_refused_still_waits(tmp_path: Path) -> None:
    with served(tmp_path, saying("Yes.")) as talk:
        (tmp_path / "big").write_text(long(101))
        told = replies(talk, f"/file {tmp_path / 'big'}", "Hi", "/file")
        assert told[-2].startswith("  1 line")
        assert talk.asked == []


def test_a_counted_conversation_is_not_about() -> None:
    room = Room()
    answer = {"role": "assistant", "content": "x"}
    room.counted([answer], Usage(131_000, 1000, 132_000))
    with pytest.raises(UsageError, match="the conversation has 132,000 tokens and"):
        room.doubt(room.filled([answer], "glm-4.7-flash"), [])
    assert room.doubt(room.filled([answer], "other"), []) is None


# /compact


def test_compact_goes_on_with_a_summary_in_a_new_session(uncounted: Talk) -> None:
    told = replies(uncounted, "/system Be brief.", STORY, "/compact keep colours", "/context", "And?", "/usage")
    (old,) = [line for line in told if line.startswith("goes on with a summary: 155 tokens are 32 now, 123 saved")]
    assert uncounted.asked[1] == [
        ("system", SUMMARISER),
        ("user", STORY),
        ("assistant", "One."),
        ("user", "Write these notes about our conversation up to here now. keep colours"),
    ]
    summary = ("user", BEFORE + SUMMARY)
    assert uncounted.asked[2] == [("system", "Be brief."), summary, ("user", "And?")]
    assert [(it.role, it.text) for it in uncounted.stored()] == [summary, ("user", "And?"), ("assistant", "Three.")]
    with uncounted.repl(continue_=True) as repl, repl.conversation.store() as store:
        now, before = store.list()
        assert (now.title, before.title) == ("Hello", "Hello")
        assert [it.text for it in store.messages(before.id)] == [STORY, "One."]
        assert old.endswith(f"; the old session is kept as {store.short_id(before.id)}")
    assert told[-1].startswith("2 answers: 14 tokens in")


def test_a_summary_is_asked_for_in_plain_words(talk: Talk) -> None:
    form = '/set response_format {"type": "json_object"}'
    talk("/set temperature 0.5", form, "/set stop x", "Hello", "/compact", "And?")
    assert [body.get("response_format") for body in talk.bodies] == [
        {"type": "json_object"},
        None,
        {"type": "json_object"},
    ]
    assert [body.get("temperature") for body in talk.bodies] == [0.5] * 3
    assert "stop" not in talk.bodies[1]


def test_a_summary_that_is_no_smaller_is_paid_for_and_not_used(talk: Talk) -> None:
    told = replies(talk, "Hello", "/compact", "And?", "/usage")
    assert told[0] == "the summary would be no smaller, 25 tokens in place of 10; the conversation is as it was"
    assert talk.asked[2] == [("user", "Hello"), ("assistant", "One."), ("user", "And?")]
    assert [it.text for it in talk.stored()] == ["Hello", "One.", "And?", "Three."]
    assert told[-1].startswith("3 answers: 21 tokens in")


def test_compact_without_a_store(uncounted: Talk) -> None:
    uncounted.keep = False
    told = replies(uncounted, STORY, "/compact", "And?")
    assert told[0].startswith("goes on with a summary: ")
    assert uncounted.asked[2] == [("user", BEFORE + SUMMARY), ("user", "And?")]


def test_there_must_be_something_to_sum_up(talk: Talk) -> None:
    assert replies(talk, "/compact") == ["there is nothing to sum up yet", "Type a message first."]


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (failing(403, 10000, "no such scope"), "no such scope"),
        (cut("half a", end=[Close()]), "broke before the answer was complete"),
        (saying(" "), "empty"),
        (stream(delta(tool_calls=[CALL]), delta(finish="tool_calls")), "the model gave no summary"),
        (stream(delta(reasoning_content="hm"), delta(finish="stop")), "thinking"),
    ],
)
def test_a_summary_that_fails_changes_nothing(tmp_path: Path, script: Any, fault: str) -> None:
    with served(tmp_path, saying("One.", usage=False), script, saying("Two.")) as talk:
        told = replies(talk, "Hello", "/compact", "And?")
        assert fault in "\n".join(told)
        assert talk.asked[2] == [("user", "Hello"), ("assistant", "One."), ("user", "And?")]
        assert len(talk.stored()) == 4


def interrupted(terminated: bool) -> Any:
    return lambda client, body, show: (Completion(), Interrupted(terminated=terminated))


def test_an_interrupted_summary_changes_nothing(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmcli.turn.run_turn", interrupted(False))
    with talk.repl() as repl:
        repl.conversation.messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
        repl.take("/compact")
        assert len(repl.conversation.messages) == 2
    assert "interrupted; the conversation is as it was" in talk.stderr.getvalue().decode()


def test_sigterm_in_a_summary_ends_the_loop(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmcli.turn.run_turn", interrupted(True))
    with talk.repl() as repl:
        repl.conversation.messages = [{"role": "assistant", "content": "b"}]
        with pytest.raises(Interrupted):
            repl.take("/compact")


def test_a_conversation_that_is_too_long_is_summed_up_from_where_it_fits(tmp_path: Path) -> None:
    with served(tmp_path, saying("Yes.", usage=False)) as talk:
        told = replies(talk, long(40), long(40), "/model other", "/compact", "/model glm-4.7-flash", "Hi")
        assert not any("oldest" in line for line in told)

        def fill(repl: Repl) -> None:
            repl.conversation.messages = [
                {"role": "user", "content": long(60)},
                {"role": "assistant", "content": "Yes."},
                {"role": "user", "content": long(60)},
                {"role": "assistant", "content": "Yes."},
            ]

        told = replies(talk, fill, "/compact")  # type: ignore[arg-type]
        assert told[0] == "left out of the summary, since they do not fit: the oldest 2 messages"
        assert [role for role, _ in talk.asked[-1]] == ["system", "user", "assistant", "user"]


def test_what_is_too_long_by_itself_is_not_summed_up(talk: Talk) -> None:
    def fill(repl: Repl) -> None:
        repl.conversation.messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": long(99)}]

    assert replies(talk, fill, "/compact")[0] == "what was said last is too long to be summed up"  # type: ignore[arg-type]
    assert talk.asked == []


def test_a_result_is_not_left_without_its_call() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "content": long(60), "tool_calls": []},
        {"role": "tool", "content": "x"},
        {"role": "user", "content": "x"},
    ]
    filled = Room().filled([*messages, {"role": "user", "content": long(60)}], "glm-4.7-flash")
    assert context._that_fit(messages, [], filled) == messages[2:]
