"""Typed functions of a Python file as tools. The file is never imported here: a child process says what the functions
take, and calls them.

    functions.py    the face: a file becomes tools
    source.py       what the text of the file says without running it: lines, and SAFE, TIMEOUT, ENVIRONMENT
    docstrings.py   what it says for people
    child.py        the program of the child, which runs the file; of us it knows only these:
    beside.py       the modules that the file loads from its folder, to which an approval is bound
    forms.py        annotation -> JSON Schema, and JSON -> a value of that annotation
    fields.py       the named parts of what has such: signatures, dataclasses, typed dictionaries
    values.py       values -> JSON
"""
