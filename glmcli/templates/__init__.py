"""Templates: prompts with variables, kept as TOML files in the folder `templates` of the user's directory.

`text` knows variables, `template` reads a file, `frame` gives a template the values of its variables, `folder` finds
what is kept, `writing` makes a new one. Asks nobody and sends nothing; knows neither the command line nor the REPL.
"""

from __future__ import annotations

from glmcli.templates.folder import Broken, folder_of, kept, load, named, names
from glmcli.templates.frame import Frame
from glmcli.templates.template import Template

__all__ = ["Broken", "Frame", "Template", "folder_of", "kept", "load", "named", "names"]
