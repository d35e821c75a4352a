"""The loop: what is asked, what is kept, and what neither a failure nor Ctrl-C can end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from glmcli import demo
from glmcli.api.events import Usage
from glmcli.cli.repl import Repl
from glmcli.demo.server import Close
from glmcli.errors import Interrupted, RequestError, Terminated
from glmcli.store import Store
from tests.cli.talking import Stdout, Talk, served, to_demo
from tests.support.served import completion, cut, failing, json_answer, saying

GREETING = "@cf/zai-org/glm-4.7-flash, profile default\n/help lists commands and keys, Ctrl-D leaves\n\n"
KEPT = "this session is kept; go on with it: glm chat -c\n"


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with demo.start() as server:
        yield to_demo(tmp_path, server)


def test_a_question_and_its_answer(tmp_path: Path) -> None:
    with served(tmp_path, saying("Hello", " there")) as talk:
        assert talk("Hi") == f"{GREETING}\n{KEPT}"
        assert talk.said == "Hello there\n"
        assert [(it.role, it.text, it.status) for it in talk.stored()] == [
            ("user", "Hi", "complete"),
            ("assistant", "Hello there", "complete"),
        ]


def test_every_turn_is_sent_on_with_the_next_one(tmp_path: Path) -> None:
    with served(tmp_path, saying("One."), saying("Two.")) as talk:
        talk("first", "second")
        assert talk.asked == [
            [("user", "first")],
            [("user", "first"), ("assistant", "One."), ("user", "second")],
        ]
        session = {request.headers["x-session-affinity"] for request in talk.requests}
        assert len(session) == 1


def test_the_message_of_the_command_line_is_asked_before_the_first_prompt(tmp_path: Path) -> None:
    with served(tmp_path, saying("One.")) as talk:
        talk("second", first="first")
        assert [messages[-1] for messages in talk.asked] == [("user", "first"), ("user", "second")]


@pytest.mark.parametrize("word", ["exit", "quit", " bye ", "/exit", "/quit", "/q"])
def test_a_farewell_leaves_and_sends_nothing(tmp_path: Path, word: str) -> None:
    with served(tmp_path) as talk:
        talk(word, "never read")
        assert talk.asked == []


def test_blank_lines_are_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as talk:
        assert talk("", "  \n ", first=" ") == GREETING
        assert talk.asked == []


def test_two_slashes_send_one(tmp_path: Path) -> None:
    with served(tmp_path, saying("Yes.")) as talk:
        talk("//help is a command?", "  //etc\nand more ")
        assert [messages[-1][1] for messages in talk.asked] == ["/help is a command?", "/etc\nand more "]


@pytest.mark.parametrize("line", ["/frob", "/etc/passwd: no such file\nsecond line", "/", "/ new", "/s", "/exitt now"])
def test_what_is_no_command_never_reaches_the_model(tmp_path: Path, line: str) -> None:
    with served(tmp_path) as talk:
        assert "; nothing was sent\n" in talk(line)
        assert talk.asked == []


def test_ctrl_c_at_the_prompt_hints_and_leaves_the_second_time(tmp_path: Path) -> None:
    hint = "Ctrl-C again leaves; so do Ctrl-D and /exit\n"
    with served(tmp_path, saying("Hi.")) as talk:
        assert talk(KeyboardInterrupt, KeyboardInterrupt, "never read") == GREETING + hint
        assert talk.asked == []
        # A message in between takes the first one back.
        assert talk(KeyboardInterrupt, "Hi", KeyboardInterrupt, "More").count(hint) == 2
        assert len(talk.asked) == 2


def test_sigterm_at_the_prompt_ends_the_loop(tmp_path: Path) -> None:
    with served(tmp_path) as talk, pytest.raises(Terminated):
        talk(Terminated)


def test_ctrl_c_stops_the_answer_and_keeps_it(tmp_path: Path) -> None:
    with served(tmp_path, saying("One ", "two ", "three"), saying("Four.")) as talk:
        talk.stdout = Stdout(b"two", KeyboardInterrupt)
        remarks = talk("Count", "Go on")
        assert remarks == f"{GREETING}interrupted; what came is kept: /continue goes on, /retry asks again\n\n\n{KEPT}"
        assert talk.said == "One two \nFour.\n"
        assert talk.asked[1] == [("user", "Count"), ("assistant", "One two "), ("user", "Go on")]
        assert [(it.text, it.status) for it in talk.stored()][1] == ("One two ", "interrupted")


def test_an_answer_that_was_cut_can_be_gone_on_with(tmp_path: Path) -> None:
    with served(tmp_path, saying("One ", "two", finish="length"), saying(" three.")) as talk:
        remarks = talk("Count", "/continue")
        assert remarks == (
            f"{GREETING}the answer was cut at the output limit\nTry again with /retry max_tokens=4096.\n"
            f"/continue goes on, /retry asks again\n\n\n{KEPT}"
        )


def test_sigterm_in_an_answer_keeps_it_and_ends_the_loop(tmp_path: Path) -> None:
    with served(tmp_path, saying("One ", "two ", "three")) as talk:
        talk.stdout = Stdout(b"two", Terminated)
        with pytest.raises(Interrupted) as raised:
            talk("Count")
        assert raised.value.exit_status == 143
        assert [(it.text, it.status) for it in talk.stored()][1] == ("One two ", "interrupted")


def test_sigterm_in_a_retry_ends_the_loop(tmp_path: Path) -> None:
    with served(tmp_path, saying("One."), saying("Two.")) as talk:
        talk.stdout = Stdout(b"Two", Terminated)
        with pytest.raises(Interrupted):
            talk("Count", "/retry")


def test_ctrl_c_outside_an_answer_does_not_end_the_loop(tmp_path: Path) -> None:
    def interrupted(repl: Repl) -> None:
        raise KeyboardInterrupt

    with served(tmp_path, saying("Hi.")) as talk:
        talk(interrupted, "Hi")
        assert talk.asked == [[("user", "Hi")]]


def test_a_failed_turn_keeps_the_question_and_the_loop(tmp_path: Path) -> None:
    with served(tmp_path, failing(403, 10000, "no such scope"), saying("Now.")) as talk:
        remarks = talk("Hi", "/retry")
        assert "no such scope" in remarks
        assert remarks.count("/retry asks again\n") == 1
        assert talk.asked == [[("user", "Hi")], [("user", "Hi")]]
        assert [(it.role, it.text, it.status) for it in talk.stored()] == [
            ("user", "Hi", "complete"),
            ("assistant", "Now.", "complete"),
        ]
        assert [it.status for it in talk.stored(branches=True)] == ["complete", "error", "complete"]


def test_a_cut_answer_is_sent_on(tmp_path: Path) -> None:
    with served(tmp_path, cut("Half an", end=[Close()]), saying(" answer.")) as talk:
        talk("Hi", "Go on")
        assert talk.asked[1] == [("user", "Hi"), ("assistant", "Half an"), ("user", "Go on")]
        assert [(it.text, it.status) for it in talk.stored()][1] == ("Half an", "error")


def test_a_question_that_failed_as_a_whole_is_not_sent_again_beside_another(tmp_path: Path) -> None:
    with served(tmp_path, failing(400, 5006, "bad"), saying("Yes.")) as talk:
        talk("Hi", "There?")
        assert talk.asked[1] == [("user", "There?")]


def test_a_question_that_could_not_be_sent_can_be_retried(tmp_path: Path) -> None:
    def log_out(repl: Repl) -> None:
        token.append(talk.environ.pop("CLOUDFLARE_API_TOKEN"))

    def log_in(repl: Repl) -> None:
        talk.environ["CLOUDFLARE_API_TOKEN"] = token.pop()

    token: list[str] = []
    with served(tmp_path, saying("Hello.")) as talk:
        remarks = talk("First", log_out, "Second", log_in, "/retry", "/retry")
        assert "no API token" in remarks
        asked = [("user", "First"), ("assistant", "Hello."), ("user", "Second")]
        assert talk.asked == [asked[:1], asked, asked]


def test_a_request_that_would_be_refused_is_refused_before_the_first_message(tmp_path: Path) -> None:
    with (
        served(tmp_path) as talk,
        pytest.raises(RequestError, match="/temperature: 3 is above"),
        talk.repl(option=["temperature=3"]) as repl,
    ):
        repl.check(repl.plan)


def test_trouble_with_the_store_is_said_once_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "sessions.db").write_bytes(b"no database at all, but longer than its header would be" * 20)
    with served(tmp_path, saying("Hello.")) as talk:
        remarks = talk("One", "Two", "/retry")
        assert remarks.count("this conversation is not stored any further") == 1
        assert remarks.count("\n") == GREETING.count("\n") + 4
        assert talk.said == "Hello.\n" * 3
        assert len(talk.asked[1]) == len(talk.asked[2]) == 3


def test_nothing_is_stored_where_nothing_shall_be(tmp_path: Path) -> None:
    with served(tmp_path, saying("Hello.")) as talk:
        talk.keep = False
        assert talk("One", "Two", "/set seed 1", "/new", "Three", "/retry") == (
            f"{GREETING}\n\nseed = 1 (from /set)\n\na new session\n\n\n\n"
        )
        assert list(tmp_path.iterdir()) == []
        assert len(talk.asked[-1]) == 1


def test_a_session_goes_on_and_shows_where_it_was(tmp_path: Path) -> None:
    with served(tmp_path, saying("\n".join(f"line {n}" for n in range(1, 11))), saying("Yes.")) as talk:
        talk("Count to ten,\nplease")
        (session,) = Store.at(tmp_path, talk.world).list()
        assert talk("And?", continue_=True) == (
            f"continuing session {session.id[:10]}: Count to ten, (2 messages)\n{GREETING}"
            "> Count to ten, …\n… 2 more lines\n" + "".join(f"line {n}\n" for n in range(3, 11)) + f"\n\n{KEPT}"
        )
        assert [role for role, _ in talk.asked[1]] == ["user", "assistant", "user"]


def test_a_question_without_an_answer_is_not_shown_with_the_answer_to_another(tmp_path: Path) -> None:
    with served(tmp_path, saying("One."), failing(403, 10000, "no")) as talk:
        (tmp_path / "a.py").write_text("a = 1\n")
        talk("First", f"/file {tmp_path}/a.py", "Second")
        assert talk(continue_=True).endswith(f"leaves\n\n> Second …\n\n{KEPT}")


def test_a_session_with_a_question_alone_goes_on(tmp_path: Path) -> None:
    with served(tmp_path, failing(403, 10000, "no"), saying("Yes.")) as talk:
        talk("Hi")
        assert ": Hi (1 message)\n" in talk("/retry", continue_=True)
        assert talk.asked == [[("user", "Hi")], [("user", "Hi")]]
        assert talk.said == "Yes.\n"


def test_a_named_session_is_taken_leave_of_by_its_name(tmp_path: Path) -> None:
    with served(tmp_path, saying("Yes.")) as talk:
        assert talk("Hi", session="trip").endswith("session trip is kept; go on with it: glm chat --session trip\n")
        assert talk(session="trip").startswith("continuing session trip: Hi (2 messages)\n")


def test_what_answers_cost_counts_for_the_session(tmp_path: Path) -> None:
    with served(tmp_path, saying("Yes.")) as talk, talk.repl("Hi", usages=[Usage(1, 2, 3)]) as repl:
        repl.run()
        assert [it.total_tokens for it in repl.usages] == [3, 10]


def test_quiet_leaves_answers_and_what_was_asked_for(tmp_path: Path) -> None:
    with served(tmp_path, saying("Yes.")) as talk:
        talk.quiet = True
        assert talk("Hi", "/set seed 4", "/set seed", KeyboardInterrupt).splitlines()[0] == "seed = 4 (from /set)"


def test_a_warning_is_said_once(tmp_path: Path) -> None:
    with served(tmp_path, saying("Yes.")) as talk:
        assert talk("One", "Two", option=["colour=1"]).count("warning: ") == 1
        assert talk("/set colour 1", "One", "Two").count("warning: ") == 1


def test_the_model_stands_in_the_body_where_the_endpoint_reads_it_there(tmp_path: Path) -> None:
    with served(tmp_path, json_answer(completion("x")["result"])) as talk:
        (tmp_path / "config.toml").write_text(
            f"""[profiles.other]
            endpoint = "openai"
            base_url = "{talk.environ["GLM_BASE_URL"]}"
            model = "small"
            """
        )
        talk.environ["GLM_PROFILE"] = "other"
        talk("Hi", "/set model large", "Hi")
        assert [body["model"] for body in talk.bodies] == ["small", "large"]


def test_the_demo_answers_turn_after_turn(talk: Talk) -> None:
    talk("Hello", "/set max_tokens 70", "again")
    assert "> again" in talk.said
    assert [len(messages) for messages in talk.asked] == [1, 3]
