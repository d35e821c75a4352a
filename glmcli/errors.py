"""Everything that can go wrong, and the exit status each failure ends with. Imports nothing of ours.

A `GlmError` is raised where the fault is known and shown in one place, `glmcli.cli.main`. Its message says what
happened and where; its hint says what to do next. The table in `EXIT_STATUSES` is the one that `glm --help` prints
and that the README repeats.

    GlmError
    ├── UsageError        2   the command line, or an input of the user, makes no sense
    │   └── RequestError  2   the request would not be valid; nothing was sent
    ├── ConfigError       3   configuration or credentials on this machine
    ├── AccessError       3   HTTP 401, 403
    ├── RefusedError      4   other HTTP 4xx
    ├── RateLimitError    5   HTTP 429, quota
    ├── NetworkError      6   no answer began
    ├── ServerError       7   HTTP 5xx, a redirect, or bytes that are no answer
    ├── IncompleteError   8   an answer began and did not end as it should
    ├── UnusableError     9   an answer that cannot be used: refused, filtered
    ├── LimitError       10   the tool loop stopped
    ├── StoreError       11   the answer was shown, but could not be kept
    └── Interrupted     130   Ctrl-C (143 for SIGTERM)
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class ExitStatus(IntEnum):
    """The exit statuses of `glm`."""

    OK = 0
    BUG = 1
    USAGE = 2
    CONFIG = 3
    REFUSED = 4
    RATE_LIMIT = 5
    NETWORK = 6
    SERVER = 7
    INCOMPLETE = 8
    UNUSABLE = 9
    LIMIT = 10
    NOT_STORED = 11
    INTERRUPTED = 130
    TERMINATED = 143


EXIT_STATUSES: dict[ExitStatus, str] = {
    ExitStatus.OK: "the answer is complete",
    ExitStatus.BUG: "unexpected: a bug of ours (--debug shows where)",
    ExitStatus.USAGE: "usage, or the request is not valid; nothing was sent",
    ExitStatus.CONFIG: "configuration or credentials; HTTP 401, 403",
    ExitStatus.REFUSED: "the API refused the request (other 4xx)",
    ExitStatus.RATE_LIMIT: "rate limit or quota, after the retries",
    ExitStatus.NETWORK: "network: no answer began",
    ExitStatus.SERVER: "the server failed (5xx), or what it sent is not an answer",
    ExitStatus.INCOMPLETE: "the answer is incomplete; what came is kept",
    ExitStatus.UNUSABLE: "the answer is unusable: refused or filtered, or not what was asked for",
    ExitStatus.LIMIT: "a limit of the tool loop was reached, or a call was not approved",
    ExitStatus.NOT_STORED: "the answer was delivered but could not be stored",
    ExitStatus.INTERRUPTED: "interrupted (Ctrl-C); what had come is kept",
    ExitStatus.TERMINATED: "terminated (SIGTERM); what had come is kept",
}


class GlmError(Exception):
    """A failure that a user can understand.

    message: one line, what happened and where; never a secret, never the whole request body.
    hint: one line, what to do next; may be empty.
    http_status, code, request_id: what the server said, where it said anything.
    """

    exit_status: ExitStatus = ExitStatus.BUG
    type: str = "bug"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        http_status: int | None = None,
        code: int | str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.http_status = http_status
        self.code = code
        self.request_id = request_id

    def to_json(self) -> dict[str, Any]:
        """The `error` object of `--json` and `--jsonl`: all keys present, unknown ones null."""
        return {
            "type": self.type,
            "message": self.message,
            "hint": self.hint or None,
            "status": self.http_status,
            "code": self.code,
            "exit_code": int(self.exit_status),
            "request_id": self.request_id,
        }


class UsageError(GlmError):
    exit_status = ExitStatus.USAGE
    type = "usage"


class RequestError(UsageError):
    type = "invalid_request"


class ConfigError(GlmError):
    exit_status = ExitStatus.CONFIG
    type = "config"


class AccessError(GlmError):
    exit_status = ExitStatus.CONFIG
    type = "access"


class RefusedError(GlmError):
    exit_status = ExitStatus.REFUSED
    type = "refused"


class RateLimitError(GlmError):
    exit_status = ExitStatus.RATE_LIMIT
    type = "rate_limit"


class NetworkError(GlmError):
    exit_status = ExitStatus.NETWORK
    type = "network"


class ServerError(GlmError):
    exit_status = ExitStatus.SERVER
    type = "server"


class IncompleteError(GlmError):
    exit_status = ExitStatus.INCOMPLETE
    type = "incomplete"


class UnusableError(GlmError):
    exit_status = ExitStatus.UNUSABLE
    type = "unusable"


class LimitError(GlmError):
    exit_status = ExitStatus.LIMIT
    type = "limit"


class StoreError(GlmError):
    exit_status = ExitStatus.NOT_STORED
    type = "not_stored"


class Interrupted(GlmError):
    """Ctrl-C, or SIGTERM where `terminated`: the last word of `--json` and `--jsonl` on such a run."""

    exit_status = ExitStatus.INTERRUPTED
    type = "interrupted"

    def __init__(self, *, terminated: bool = False) -> None:
        super().__init__("terminated" if terminated else "interrupted")
        if terminated:
            self.exit_status = ExitStatus.TERMINATED
            self.type = "terminated"


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP came. A KeyboardInterrupt, so that whatever survives Ctrl-C survives it in the same way."""
