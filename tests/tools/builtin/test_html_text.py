"""Pages as text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmcli.tools.builtin.html_text import html_text

PAGE = """<!doctype html><html><head><title>The
 title</title><style>p { color: red }</style><script>var a = "<p>no</p>";</script></head>
<body><nav><ul><li><a href="/a">A</a><li><a href=b?x=1&amp;y=2>B <i>b</i></a></ul></nav>
<h1>Hello &amp; welcome</h1><p>Some <b>bold</b>   text<br>next line. <p>Second
<a href='#x'>here</a> <a href="javascript:alert(1)">run</a> <a href="http://[bad">bad</a> <a href="//other.test/">other
page</a><a href="/empty"><img src=x></a>
<ol><li>one<ul><li><p>inner</p></ul><li>two</ol><pre>  code
    more</pre><table><tr><th>k<th>v<tr><td>1<td>2</table><svg><svg></svg><p>no</p></svg>
<noscript>no</noscript><textarea>no</textarea><blockquote>quoted</blockquote><img alt="picture" src=x> tail</body>"""

TEXT = """\
- [A](https://example.com/a)
- [B b](https://example.com/d/b?x=1&y=2)

# Hello & welcome

Some bold text
next line.

Second here run bad [other page](https://other.test/)

1. one
  - inner
2. two

  code
    more

k | v
1 | 2

quoted

picture tail"""


def test_a_page_becomes_text_that_can_be_read() -> None:
    assert html_text(PAGE, "https://example.com/d/p") == ("The title", TEXT)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("plain &lt;text&gt;", "plain <text>"),
        ("<p>open <b>ended", "open ended"),
        ("</p></ul></a></pre>stray", "stray"),
        ("<li>no list", "- no list"),
        ("<p>a<p/>b", "a\n\nb"),
        ("<script>x</script >after", "after"),
        ("a<!-- <p> no -->b", "ab"),
        ("a<!-- no end <p>b", "a"),
        ("a <b title='>'>b</b> c <i title=it's>d</i>", "a b c d"),
        ("1 < 2 <3 </ no>>", "1 < 2 <3 >"),
        ("<!doctype html><?php no ?>a", "a"),
        ("<SCRIPT>if (a</script>b", "b"),
        ("<title>only <b>", ""),
        ('a<p title="no end>b', "a\n\nb"),
        ("&#" + "9" * 5000 + ";&#x41;&amp;lt;", "\ufffdA&lt;"),
    ],
)
def test_faulty_pages_are_read_as_well_as_can_be(source: str, text: str) -> None:
    assert html_text(source, "https://example.com/")[1] == text


PIECES = (
    *(
        "<a ",
        "<a b='",
        '<a b=">"',
        '<x y="',
        "<p =",
        "</",
        "<!--",
        "<!",
        "<?",
        "<![CDATA[",
        "<script></scrip",
        "<title>",
    ),
    *("<div>", "<ul><li>", "<svg>", "<td>x", "<a href=x>", "&", "&#9", "<", "< "),
)


@pytest.mark.parametrize("piece", PIECES)
def test_no_page_takes_long(piece: str) -> None:
    began = time.process_time()
    html_text(piece * (200_000 // len(piece)), "https://example.com/")
    assert time.process_time() - began < 10


def test_reading_ends_when_nobody_waits_for_it() -> None:
    asked: list[int] = []

    def is_over() -> bool:
        asked.append(1)
        return len(asked) == 2

    html_text("<p>word " * 100_000, "https://example.com/", is_over)
    assert len(asked) == 2


@given(st.text(alphabet='<>/="ab &#x;!-pliu1\n', max_size=200))
def test_any_text_is_read(source: str) -> None:
    html_text(source, "https://example.com/")
