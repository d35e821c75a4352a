"""Structured output (interface §6): the JSON Schema that an answer was asked for, and whether it fits. Sends nothing.

`sources.py` finds the schema that the user means, `shorthand.py` reads the short way to write one, and `form.py` is
what goes into the request and holds the answer against it.
"""
