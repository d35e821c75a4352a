"""`glmcli.local.serve` with a chat template that knows tools, for a model whose own one does not: it writes calls as
GLM does, and begins the first answer inside of one. A program of its own: `python -m tests.local.serve_with_tools`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glmcli.local import serve

TEMPLATE = Path(__file__).with_name("smollm2-tools.jinja")
_parameters = serve.parameters


def parameters(engine: Any, served: Mapping[str, Any]) -> Any:
    params = _parameters(engine, served)
    params.chat_template = TEMPLATE.read_text()
    choices = {"force_tool": True, "enable_thinking": False}
    params.default_template_kwargs = {key: json.dumps(value) for key, value in choices.items()}
    return params


if __name__ == "__main__":
    serve.parameters = parameters
    sys.exit(serve.main())
