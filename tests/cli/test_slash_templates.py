"""`/template` in the chat, and `glm chat -t`: choices from now on, a prompt around the next message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmcli.cli.completing import Known, suggestions
from glmcli.cli.repl import Repl
from glmcli.cli.slash import SLASHES
from glmcli.cli.slash.templates import parsed
from glmcli.cli.view import view_of
from glmcli.errors import UsageError
from tests.cli.talking import Talk, served
from tests.cli.test_slash import replies
from tests.support.served import failing, saying

REVIEW = """\
description = "Reviews a text."
system = "You are a $tone reviewer."
prompt = "Review in $lang: $input"
model = "@cf/other"
options.temperature = 0.2
options.seed = 1
params.tone = "kind"
"""
SET = "template review: system prompt, model and 2 options set"


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "review.toml").write_text(REVIEW)
    (folder / "haiku.toml").write_text("prompt = 'A haiku about $topic.'\nparams.topic = 'the sea'")
    (folder / "terse.toml").write_text("system = 'Be brief.'\ntools = ['now', 'calculator']")
    (folder / "person.toml").write_text("schema = 'name, age int'")
    (folder / "empty.toml").write_text("")
    (folder / "off.toml").write_text("system = ''\ntools = ['nowhere']")
    (folder / "bad.toml").write_text("promt = ''")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("a.txt").write_text("a\n")
    with served(tmp_path, saying("One."), saying("Two."), saying("Three.")) as served_talk:
        yield served_talk


def test_a_template_frames_the_next_message_and_its_choices_stay(talk: Talk) -> None:
    assert replies(talk, "/template review lang=German", "x = 1", "And now?") == [
        f"{SET}; it frames the next message",
        "with template review",
    ]
    system = ("system", "You are a kind reviewer.")
    assert talk.asked == [
        [system, ("user", "Review in German: x = 1")],
        [system, ("user", "Review in German: x = 1"), ("assistant", "One."), ("user", "And now?")],
    ]
    assert [it["temperature"] for it in talk.bodies] == [0.2, 0.2]
    assert [it.target.rpartition("/")[2] for it in talk.requests] == ["other", "other"]
    assert [it.text for it in talk.stored()][:2] == ["Review in German: x = 1", "One."]


def test_a_session_that_is_resumed_goes_on_with_the_choices(talk: Talk) -> None:
    talk("/template review lang=German", "x")
    talk("y", continue_=True)
    assert (talk.asked[1][0], talk.bodies[1]["seed"]) == (("system", "You are a kind reviewer."), 1)


def test_a_text_is_asked_at_once(talk: Talk) -> None:
    assert replies(talk, '/template review lang="Swiss German" tone=$rude\n  x $lang\n y', "And now?") == [
        SET,
        "with template review",
    ]
    assert talk.asked[0] == [("system", "You are a $rude reviewer."), ("user", "Review in Swiss German: x $lang\n y")]
    assert talk.asked[1][-1] == ("user", "And now?")


def test_a_prompt_without_a_place_for_an_input_can_be_changed_before_it_is_sent(talk: Talk) -> None:
    assert replies(talk, "/template haiku topic=snow", "Other.") == [
        "offered: A haiku about snow.",
        "template haiku: its prompt is in the line below, to be changed and sent",
    ]
    assert replies(talk, "/template haiku but short") == ["with template haiku"]
    assert [it[-1] for it in talk.asked] == [("user", "Other."), ("user", "A haiku about the sea.\n\nbut short")]


def test_a_template_without_a_prompt_only_chooses(talk: Talk) -> None:
    assert replies(talk, "/template terse", "Hi", "/template empty", "/template empty Ho", "/template person") == [
        "template terse: system prompt and 2 tools set",
        "template empty: there is nothing in it",
        "template person: form of answers set",
    ]
    assert [it[-1] for it in talk.asked] == [("user", "Hi"), ("user", "Ho")]
    assert talk.asked[0][0] == ("system", "Be brief.")
    assert [it["function"]["name"] for it in talk.bodies[0]["tools"]] == ["now", "calculator"]


def test_a_template_may_choose_the_form_of_answers(talk: Talk) -> None:
    talk("/template person", "Hi")
    assert talk.bodies[0]["response_format"]["type"] == "json_schema"


def test_files_and_mentions_go_into_the_frame(talk: Talk) -> None:
    assert replies(talk, "/file a.txt", "/template review lang=de", "see @a.txt") == [
        "a.txt (1 line): along with the next message; /file none drops it",
        f"{SET}; it frames the next message",
        "with template review, a.txt (1 line), a.txt (1 line)",
    ]
    documents = "``` a.txt\na\n```\n\n``` a.txt\na\n```"
    assert talk.asked[0][1] == ("user", f"Review in de: {documents}\n\nsee @a.txt")


def test_what_waits_is_listed_and_dropped(talk: Talk) -> None:
    assert replies(talk, "/template review lang=de", "/template", "/template none", "/template none", "Hi")[1:] == [
        'bad                     broken: templates/bad.toml line 1: unknown key "promt";',
        '                        did you mean "prompt"?',
        "empty                   $input",
        "haiku                   $topic=the sea",
        "off                     $input",
        "person                  $input",
        "review                  Reviews a text.",
        "terse                   $input",
        "template review frames the next message; /template none drops it",
        "template review is dropped",
        "no template was waiting",
    ]
    assert talk.asked[0][-1] == ("user", "Hi")


def test_without_any_it_says_how_to_write_one(tmp_path: Path) -> None:
    with served(tmp_path, saying("One.")) as talk:
        assert replies(talk, "/template") == [
            "There are no templates yet. Write one in the shell: glm config templates edit",
            "NAME",
        ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "/template reveiw",
            ["there is no template reveiw", "Did you mean review? `glm config templates` lists them."],
        ),
        (
            "/template review x",
            [
                "template review wants a value for lang",
                "A dollar sign itself is $$ in a template. Give a value: lang=…",
            ],
        ),
        (
            "/template review lagn=de",
            ["template review has no parameter lagn", "Did you mean lang? It has tone, lang."],
        ),
        ("/template review lang=a lang=b", ["lang is given twice; nothing was done", "Leave one of them out."]),
        (
            '/template review lang="Swiss German',
            ["a quote is not closed; nothing was done", 'For example: tone="very formal"'],
        ),
        (
            "/template bad",
            [
                'templates/bad.toml line 1: unknown key "promt"; did you mean "prompt"?',
                "`glm config templates edit bad` opens the file.",
            ],
        ),
        ("/template ./gone.toml", ["./gone.toml cannot be read: no such file", "Check the path."]),
    ],
)
def test_a_template_that_cannot_be_taken_up_changes_nothing(talk: Talk, line: str, told: list[str]) -> None:
    assert replies(talk, line, "/system", "Hi") == [*told, "there is no system prompt"]
    assert talk.asked == [[("user", "Hi")]]


def test_a_tool_that_is_not_there_changes_nothing(talk: Talk) -> None:
    told = replies(talk, "/system Own.", "/template off", "Hi")
    assert told[1].startswith("there is no tool nowhere")
    assert talk.asked == [[("system", "Own."), ("user", "Hi")]]


def test_a_field_that_would_be_refused_changes_nothing(talk: Talk) -> None:
    Path("hot.toml").write_text("system = 'Hot.'\nprompt = 'Hot: $input'\noptions.temperature = 3")
    assert replies(talk, "/template hot.toml", "Hi")[0] == (
        "/temperature: 3 is above the maximum 2 (from hot.toml line 3)"
    )
    assert talk.asked == [[("user", "Hi")]]


def test_a_frame_waits_until_a_message_was_sent_in_it(talk: Talk) -> None:
    def broken(repl: Repl) -> None:
        client = repl.client
        repl.client = unreachable  # type: ignore[method-assign]
        repl.take("one")
        repl.client = client  # type: ignore[method-assign]

    def unreachable(plan: Any) -> Any:
        raise UsageError("no way")

    told = replies(talk, "/template review lang=de", broken, "/retry", "two")  # type: ignore[arg-type]
    assert told[1:] == ["with template review", "no way"]
    assert [it[-1][1] for it in talk.asked] == ["Review in de: one", "two"]


def test_a_failed_answer_does_not_frame_the_next_message(tmp_path: Path, talk: Talk) -> None:
    with served(tmp_path, failing(500, 1, "no"), saying("Two.")) as other:
        other("/template review lang=de", "one", "two")
        assert other.asked[-1][-1] == ("user", "two")


# On the command line


def chat(talk: Talk, *typed: str, **options: Any) -> list[str]:
    """As `glm chat -t` begins: the template's choices beneath the flags, its prompt for the first message."""
    from glmcli.cli.options import TurnOptions, from_values
    from glmcli.cli.prompt import read_path
    from glmcli.cli.templating import with_template

    chosen = with_template(from_values(TurnOptions, options, read_path), talk.folder)
    assert chosen.frame is not None
    values = {name: getattr(chosen, name) for name in ("frame", "tool", "functions", "system")}

    def take_up(repl: Repl) -> None:
        assert chosen.frame is not None
        repl.say(f"lay: {repl.take_up(chosen.frame)}")

    return replies(talk, take_up, *typed, **values)  # type: ignore[arg-type]


def test_a_flag_beats_the_template_of_a_chat(talk: Talk) -> None:
    assert chat(talk, "x", template="review", param=["lang=de"], system="Own.") == [
        "lay: it frames the next message",
        "with template review",
    ]
    assert talk.asked[0] == [("system", "Own."), ("user", "Review in de: x")]


# Tab, and the words of the command


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("x", ("x", {}, "")),
        ('"my review" a=1', ("my review", {"a": "1"}, "")),
        ("'my review'", ("my review", {}, "")),
        ("x a=1 b='2 3' c=\"4\" text d=5", ("x", {"a": "1", "b": "2 3", "c": "4"}, "text d=5")),
        ("x a= text", ("x", {"a": ""}, "text")),
        ("x\na=1\n two\n  lines ", ("x", {"a": "1"}, "two\n  lines")),
        ("x a=1 -- b=2 --", ("x", {"a": "1"}, "b=2 --")),
        ("x --", ("x", {}, "")),
        ("x --flag", ("x", {}, "--flag")),
        ("x 1=2 == a-b=c", ("x", {}, "1=2 == a-b=c")),
        ('x a="b"c', ("x", {}, 'a="b"c')),
    ],
)
def test_the_words_of_the_command(argument: str, expected: tuple[str, dict[str, str], str]) -> None:
    if argument.endswith('"b"c'):
        with pytest.raises(UsageError):
            parsed(argument)
    else:
        assert parsed(argument) == expected


def test_tab_offers_templates_variables_and_paths(talk: Talk) -> None:
    with talk.repl() as repl:

        def after(text: str) -> list[str]:
            return [text[: len(text) - it.back] + it.text for it in view_of(repl).suggest(text)]

        assert after("/template ") == [
            *("/template none", "/template empty ", "/template haiku ", "/template off "),
            *("/template person ", "/template review ", "/template terse "),
        ]
        assert after("/template re") == ["/template review "]
        assert after("/template review ") == ["/template review tone=", "/template review lang="]
        assert after("/template review tone=x l") == ["/template review tone=x lang="]
        assert after("/template review tone=x some t") == []
        assert after("/template review tone=x @") == ["/template review tone=x @a.txt"]
        assert after("/template bad ") == []
        assert after("/template nowhere ") == []


def test_a_template_is_offered_with_what_it_is_for() -> None:
    known = Known(
        SLASHES, list, list, templates=lambda: [("review", "Reviews.")], parameters=lambda name: [("tone", "kind")]
    )
    [name] = suggestions("/template re", known)
    [parameter] = suggestions("/template review ", known)
    assert [(it.text, it.shown, it.help) for it in (name, parameter)] == [
        ("review ", "review", "Reviews."),
        ("tone=", "tone", "kind"),
    ]
