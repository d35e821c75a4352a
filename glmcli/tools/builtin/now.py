"""The tool `now`: what time it is, here or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from glmcli.tools.builtin.declaring import Arguments, Refused, declared
from glmcli.tools.tool import Approval, Result, Stop, Tool


def now_tool(now: Callable[[], datetime]) -> Tool:
    """now: the time, with a zone, which is the user's."""

    def run(arguments: Arguments, _: Stop) -> Result:
        moment, name = now(), arguments.get("timezone")
        if name is not None:
            moment = moment.astimezone(_zone(name))
        zone = ", ".join(dict.fromkeys(it for it in (name, moment.tzname()) if it))
        return Result(f"{moment:%A}, {moment.isoformat(timespec='seconds')}{f' ({zone})' if zone else ''}")

    return declared(
        "now",
        "Tells the present date, time and weekday (ISO 8601), in the user's time zone or in another.",
        {
            "timezone": {
                "type": "string",
                "description": "An IANA name, such as Europe/Berlin or UTC. Left out: the user's own zone.",
            }
        },
        run,
        approval=Approval.UNASKED,
    )


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # KeyError: no such zone; the others: a path that is none, a folder
        from glmcli.api.nearest import nearest

        zones, city = sorted(available_timezones()), "/" + name.lower().replace(" ", "_")
        near = next((it for it in zones if it.lower().endswith(city)), None) or nearest(name, zones, strict=True)
        hint = f" Was {near} meant?" if near else " Names look like Europe/Berlin, America/New_York or UTC."
        raise Refused(f"There is no time zone {name[:60]!r}.{hint}") from None
