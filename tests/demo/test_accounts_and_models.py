"""Who asks the demo endpoint, and what it says of tokens, accounts and models."""

from __future__ import annotations

import pytest

from tests.demo.asking import CHAT, HI, MODEL, RUN, answer, error

ROUTES = [
    ("POST", RUN),
    ("POST", CHAT),
    ("GET", "/client/v4/accounts"),
    ("GET", "/client/v4/accounts/a/ai/models/search"),
    ("GET", "/client/v4/accounts/a/ai/models/schema"),
    ("GET", "/client/v4/accounts/a/ai/v1/models"),
]


@pytest.mark.parametrize(("method", "target"), ROUTES)
@pytest.mark.parametrize("authorization", [None, "Bearer bad-token"])
def test_a_missing_or_a_bad_token_is_10000(method: str, target: str, authorization: str | None) -> None:
    expected = (401, error(10000, "Authentication error"))
    assert answer(method, target, HI, authorization=authorization) == expected


def test_tokens_are_verified_by_user_and_by_account() -> None:
    user, account = "/client/v4/user/tokens/verify", "/client/v4/accounts/a/tokens/verify"
    good = {
        "result": {"id": "de300000000000000000000000000000", "status": "active"},
        "success": True,
        "errors": [],
        "messages": [{"code": 10000, "message": "This API Token is valid and active", "type": None}],
    }
    bad = error(1000, "Invalid API Token")
    assert answer("GET", user) == answer("GET", account) == (200, good)
    assert answer("GET", user, authorization="Bearer bad") == (401, bad)
    assert answer("GET", account, authorization="Bearer bad") == (401, bad)
    assert answer("GET", user, authorization="Bearer cfat_x") == (401, bad)
    assert answer("GET", account, authorization="Bearer cfat_x") == (200, good)


@pytest.mark.parametrize(
    ("token", "query", "ids", "info"),
    [
        ("x", "", [1], (1, 50, 1, 1, 1)),
        ("none", "", [], (1, 50, 0, 0, 0)),
        ("many", "", [1, 2, 3], (1, 50, 3, 3, 1)),
        ("many", "?page=2&per_page=2", [3], (2, 2, 1, 3, 2)),
        ("many", "?page=0&per_page=many", [1, 2, 3], (1, 50, 3, 3, 1)),
    ],
)
def test_accounts_come_in_pages(token: str, query: str, ids: list[int], info: tuple[int, ...]) -> None:
    names = ("page", "per_page", "count", "total_count", "total_pages")
    accounts = [{"id": f"de30{at:028x}", "name": f"Demo account {at}", "type": "standard"} for at in ids]
    assert answer("GET", "/client/v4/accounts" + query, authorization=f"Bearer {token}") == (
        200,
        {
            "result": accounts,
            "success": True,
            "errors": [],
            "messages": [],
            "result_info": dict(zip(names, info, strict=True)),
        },
    )


@pytest.mark.parametrize(
    ("account", "query", "found"),
    [
        ("a", "", [MODEL, "@cf/demo/echo"]),
        ("none", "", []),
        ("a", "?search=FLASH", [MODEL]),
        ("a", "?search=llama", []),
        ("a", "?task=Text%20Generation&author=zai-org&per_page=1", [MODEL]),
        ("a", "?task=Translation", []),
        ("a", "?author=meta", []),
    ],
)
def test_models_are_searched(account: str, query: str, found: list[str]) -> None:
    status, body = answer("GET", f"/client/v4/accounts/{account}/ai/models/search{query}")
    assert (status, [model["name"] for model in body["result"]]) == (200, found)
    for model in body["result"]:
        assert list(model) == ["id", "source", "name", "description", "task", "tags", "properties"]


def test_the_schema_of_a_model_is_the_packaged_one() -> None:
    status, body = answer("GET", f"/client/v4/accounts/a/ai/models/schema?model={MODEL}")
    assert status == 200
    assert [form["title"] for form in body["result"]["input"]["oneOf"]] == ["Prompt", "Messages"]
    assert list(body["result"]) == ["input", "output"]
    assert answer("GET", "/client/v4/accounts/a/ai/models/schema")[0] == 400


def test_models_are_listed_as_openai_does() -> None:
    status, body = answer("GET", "/client/v4/accounts/a/ai/v1/models")
    assert status == 200
    assert body["data"][0] == {"id": MODEL, "object": "model", "created": 0, "owned_by": "demo"}
