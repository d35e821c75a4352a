"""The tool `fetch_url`: the text of a page on the public internet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from glmcli.tools.builtin.abandoning import within
from glmcli.tools.builtin.declaring import Arguments, Refused, declared
from glmcli.tools.tool import OUTPUT_LIMIT, Approval, Result, Stop, Tool

if TYPE_CHECKING:
    from glmcli.api.page import Page
    from glmcli.api.public import Lookup

USUAL = 20_000  # characters of a page, if the model does not say
MOST = 60_000
MOST_BYTES = OUTPUT_LIMIT - 2048  # of text; the rest of the limit is for what we say about it
LIMIT = 1 << 21  # bytes that are downloaded
LONGEST_FAILURE = 2000  # characters of a page that comes with a failure
SECONDS = 45.0
_TEXT = re.compile(r"text/.*|application/(.+\+)?(json|xml|yaml|x-yaml|javascript|x-javascript|ld\+json|x-ndjson|toml)")


def fetch_url_tool(
    environ: Mapping[str, str], *, ca_bundle: str | None, allow_private: bool = False, lookup: Lookup | None = None
) -> Tool:
    """environ: names proxies. lookup: the addresses of a name, if not those of the system."""

    def run(arguments: Arguments, stop: Stop) -> Result:
        from glmcli.errors import GlmError

        try:
            return within(SECONDS, stop, lambda is_over: fetched(arguments, is_over))
        except GlmError as error:
            raise Refused(f"{error.message}.") from None

    def fetched(arguments: Arguments, is_over: Callable[[], bool]) -> Result:
        from glmcli.api.http import Http
        from glmcli.api.page import fetch_page
        from glmcli.api.public import look_up

        with Http(ca_bundle=ca_bundle, environ=environ) as http:
            page = fetch_page(
                http,
                arguments["url"],
                environ,
                limit=LIMIT,
                reads=is_text,
                allow_private=allow_private,
                lookup=lookup or look_up,
                is_over=is_over,
            )
        return _result(page, min(arguments.get("max_characters", USUAL), MOST), is_over)

    return declared(
        "fetch_url",
        "Fetches a page or a document of the public internet by its http or https address, and returns its text "
        "(HTML is turned into text with links). A redirect to another host is not followed, but told.",
        {
            "url": {"type": "string", "description": "The whole address, for example https://example.com/a."},
            "max_characters": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST,
                "description": f"How much of the text to return; {USUAL} if left out.",
            },
        },
        run,
        required=("url",),
        approval=Approval.SCOPE,
        scope=_scope,
    )


def is_text(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return not kind or bool(_TEXT.fullmatch(kind))


def _scope(arguments: Arguments) -> str:
    from glmcli.api.download import check_url
    from glmcli.api.page import origin
    from glmcli.errors import UsageError

    try:
        return origin(check_url(arguments["url"], plain_http=True))
    except UsageError as error:
        raise Refused(f"{error.message}.") from None


def _result(page: Page, most: int, is_over: Callable[[], bool]) -> Result:
    if page.moved_to:
        return Result(
            f"{page.url} has moved to {page.moved_to}, which is another host and was not fetched. "
            "Call fetch_url with that address if it is wanted.",
            foreign=True,
        )
    kind = page.content_type.partition(";")[0].strip().lower()
    if not is_text(kind) or b"\0" in page.data[:8192].replace(b"\xff\xfe", b""):
        size = f", {page.length} bytes" if page.length.isdigit() else ""
        raise Refused(f"{page.url} is no text, but {kind or 'binary'}{size}.")
    text, title = _text(page, kind, is_over)
    lines = [page.url]
    failed = not 200 <= page.status < 300
    if failed:
        most = min(most, LONGEST_FAILURE)
        lines.append(f"The server answered {page.status} {_phrase(page.status)}".rstrip() + ".")
    if title:
        lines.append(f"Title: {title[:300]}")
    shown = text[:most].encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore")
    if len(shown) < len(text):
        lines.append(f"(The first {len(shown)} of {'more than ' if page.is_cut else ''}{len(text)} characters.)")
    elif page.is_cut:
        lines.append(f"(The text of the first {LIMIT >> 20} MiB; more follows.)")
    return Result("\n".join([*lines, "", shown or "(There is no text.)"]), failed=failed, foreign=True)


def _text(page: Page, kind: str, is_over: Callable[[], bool]) -> tuple[str, str]:
    from glmcli.api.download import Fetched, charset_of

    text = page.data.decode(charset_of(Fetched(page.url, page.content_type, page.data)), "replace")
    text = text.removeprefix("\ufeff")
    is_html = kind in ("text/html", "application/xhtml+xml") or (not kind and text.lstrip()[:1] == "<")
    if not is_html:
        return text, ""
    from glmcli.tools.builtin.html_text import html_text

    title, readable = html_text(text, page.url, is_over)
    return readable, title


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # not every status has a name
        return ""
