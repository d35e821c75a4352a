"""Patterns of `search_files` and `list_dir`: text, regular expressions that cannot run away, and names with stars.

Python's own `re` may take years for a line of text, and cannot be stopped meanwhile. The regular expressions of
jsonschema-rs, which is here for the request schema, take a time that grows with the line and no faster; the price is
that they know no lookaround and no backreferences.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate

from glmcli.tools.builtin.declaring import Refused

LONGEST = 1000  # characters of a pattern
COMPILED = 1 << 20  # bytes that a compiled pattern may take


def matcher(pattern: str, *, literal: bool, ignore_case: bool) -> Callable[[str], bool]:
    """Says of a line whether the pattern is somewhere in it. Raises Refused."""
    if not pattern or len(pattern) > LONGEST:
        raise Refused(f"The pattern is empty, or has more than {LONGEST} characters.")
    if literal:
        wanted = pattern.casefold() if ignore_case else pattern
        return lambda line: wanted in (line.casefold() if ignore_case else line)
    import jsonschema_rs  # 25 ms

    schema = {"pattern": f"(?i){pattern}" if ignore_case else pattern}
    limits = jsonschema_rs.RegexOptions(size_limit=COMPILED, dfa_size_limit=COMPILED)
    try:
        return jsonschema_rs.validator_for(schema, pattern_options=limits).is_valid
    except ValueError:
        raise Refused(
            f"{pattern!r:.200} is no regular expression that can be searched for: mind the brackets, do without "
            "lookaround and backreferences, or set literal to true to search for it as it stands."
        ) from None


def name_matcher(glob: str) -> Callable[[str], bool]:
    """Says of a path below where a search began whether the glob means it: by its name, or as a whole where the glob
    has a / in it; then * goes over folders too."""
    if len(glob) > LONGEST:
        raise Refused(f"The glob has more than {LONGEST} characters.")
    glob = re.sub(r"\*{2,}", "*", glob.removeprefix("./"))
    whole = glob.removeprefix("*/")
    if "/" in whole:
        # The stars of `translate` do not backtrack into each other, so that it takes no time to speak of.
        patterns = [re.compile(translate(it)) for it in {glob, glob.removeprefix("*/"), glob.replace("/*/", "/")}]
        return lambda path: any(pattern.match(path) for pattern in patterns)
    pattern = re.compile(translate(whole))
    return lambda path: bool(pattern.match(path.rpartition("/")[2]))
