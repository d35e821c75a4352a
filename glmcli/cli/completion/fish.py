"""The completion script for fish, whose own parser knows options once it is told which commands they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from glmcli.cli.completion.template import fill
from glmcli.cli.completion.tree import (
    IMPLIED,
    Command,
    Option,
    Values,
    by_commands,
    everywhere,
    everywhere_pattern,
    field_names,
    keys,
    profiles,
    settings_by_values,
    tools,
)
from glmcli.templates.text import INPUT

SCRIPT = r"""# Completion of glm for fish. Written by `python -m glmcli.cli.completion`, not by hand.

# The options of the command named $argv[1] whose value is the next word.
function __glm_valued
    printf '%s\n' @EVERYWHERE@
@VALUED@
end

function __glm_subcommands
    switch $argv[1]
@SUBCOMMANDS@
    end
end

# Whether the value of an option of the command named $argv[1] is the word after $argv[2], be it `--color` or the end
# of `-qo`.
function __glm_awaits
    set -l valued (__glm_valued $argv[1])
    if string match -q -- '--*' $argv[2]
        contains -- $argv[2] $valued
        return
    end
    set -l letters (string split '' -- (string sub -s 2 -- $argv[2]))
    while set -q letters[1]
        if contains -- -$letters[1] $valued
            not set -q letters[2]
            return
        end
        set -e letters[1]
    end
    return 1
end

# The path of the command that is being written, then the arguments given to it, one a line.
function __glm_written
    set -l path glm
    set -l given
    set -l ended
    set -l tokens (commandline -opc)
    set -e tokens[1]
    while set -q tokens[1]
        set -l token $tokens[1]
        set -e tokens[1]
        if test -z "$ended"; and string match -qr -- '^-.' $token
            if test $path = glm; and not string match -qr -- '^(@PATTERN@)$' $token
                set path '@IMPLIED@'
            end
            if test $token = --
                set ended 1
            else if __glm_awaits $path $token
                set -e tokens[1]
            end
        else if contains -- $token (__glm_subcommands $path)
            set path "$path $token"
        else if test $path = glm
            set path '@IMPLIED@'
        else
            set -a given $token
        end
    end
    printf '%s\n' $path $given
end

# Whether one of these commands is being written.
function __glm_at
    set -l written (__glm_written)
    contains -- $written[1] $argv
end

# Whether the argument of this number, counted from 1, of this command is being written.
function __glm_at_argument
    set -l written (__glm_written)
    test "$written[1]" = $argv[2]; and test (count $written) -eq $argv[1]
end

# The user's directory.
function __glm_folder
    if test -n "$GLM_CONFIG_DIR"
        echo $GLM_CONFIG_DIR
    else if test -n "$XDG_CONFIG_HOME"
        echo $XDG_CONFIG_HOME/glmcli
    else if test (uname) = Darwin
        echo "$HOME/Library/Application Support/glmcli"
    else
        echo $HOME/.config/glmcli
    end
end

# Profiles that need no configuration, and those with a table in the configuration file.
function __glm_profiles
    set -l folder (__glm_folder)
    printf '%s\n' @PROFILES@
    if test -f $folder/config.toml -a -r $folder/config.toml
        string replace -rf '^\s*\[\s*profiles[.]"?([A-Za-z0-9_-]+).*' '$1' <$folder/config.toml
    end
end

# What the user keeps: MCP servers, and files with the tools in them.
function __glm_kept
    set -l folder (__glm_folder)
    if test -f $folder/mcp.json -a -r $folder/mcp.json
        string match -ar '"[A-Za-z0-9_-]+"\s*:\s*\{' -- (string join ' ' <$folder/mcp.json) |
            string replace -r '"(.*)".*' '$1' | string match -vr '^(mcpServers|servers|env|headers)$'
    end
    for file in $folder/tools/*.py $folder/tools/*.json
        set -l name (string match -r '[^/]*$' -- $file)
        if string match -qr '^_' -- $name; or not test -f $file -a -r $file
            continue
        end
        string replace -r '\.[^.]*$' '' -- $name
        if string match -q '*.py' -- $name
            string replace -rf '^(?:async +)?def +([A-Za-z][A-Za-z0-9_]*).*' '$1' <$file
        else
            string match -ar '"name"\s*:\s*"[A-Za-z0-9_-]+"' -- (string join ' ' <$file) |
                string replace -r '.*"(.*)"$' '$1'
        end
    end
end

# Files and folders whose path begins with $argv[1].
function __glm_paths
    for file in $argv[1]*
        test -d $file; and echo $file/; or echo $file
    end
end

# The templates that the user keeps.
function __glm_templates
    set -l folder (__glm_folder)
    for file in $folder/templates/*.toml
        test -f $file; and string replace -r '.*/(.*)\.toml$' '$1' -- $file
    end
end

function __glm_template
    set -l token (string replace -r '^(--template=|-[^-]*?t)' '' -- (commandline -ct))
    string match -q '*/*' -- $token; and __glm_paths $token; or __glm_templates
end

# The variables of the template that stands before on the line.
function __glm_variables
    set -l folder (__glm_folder)
    set -l tokens (commandline -opc)
    set -l file
    while set -q tokens[1]
        if string match -qr -- '^(--template|-[^-]*t)$' $tokens[1]
            set file $tokens[2]
            set -e tokens[1]
        else if string match -qr -- '^(--template=|-t).' $tokens[1]
            set file (string replace -r -- '^(--template=|-t)' '' $tokens[1])
        end
        set -e tokens[1]
    end
    set -q file[1]; or return
    string match -qr '/|\.toml$' -- $file; or set file $folder/templates/$file.toml
    set file (string replace -r '^~/' "$HOME/" -- $file)
    set -l token (string replace -r '^(--param=|-[^-]*?p)' '' -- (commandline -ct))
    if string match -q '*=*' -- $token; or not test -f $file -a -r $file
        return
    end
    set -l found
    for name in (string match -ar '\$\$|\$\{?[A-Za-z_][A-Za-z0-9_]*' -- (string join ' ' <$file) |
            string replace -rf '^\$\{?([A-Za-z_].*)' '$1')
        if test $name != @INPUT@; and not contains -- $name $found
            set -a found $name
            echo $name=
        end
    end
end

function __glm_tools
    set -l token (string replace -r '^(--tool=|-[^-]*?T)' '' -- (commandline -ct))
    if string match -q '*/*' -- $token
        __glm_paths $token
    else
        printf '%s\n' @TOOLS@
        __glm_kept
    end
end

# What the setting $argv[1] may be.
function __glm_setting
    switch $argv[1]
@SETTINGS@
    end
end

# The key before the value that is being written, without the profile it is for.
function __glm_key
    set -l written (__glm_written)
    string replace -r '^profiles\..*?\.' '' -- $written[2]
end

function __glm_keys
    printf '%s\t%s\n' @KEYS@
    __glm_fields | string replace -r '^' defaults.
end

function __glm_fields
    printf '%s\t%s\n' @FIELDS@
end

function __glm_assignment
    set -l token (string replace -r '^(--option=|-[^-]*?o)' '' -- (commandline -ct))
    set -l name (string match -r '^[^=]+(?==)' -- $token)
    if set -q name[1]
        for value in (__glm_setting defaults.$name)
            echo $name=$value
        end
    else
        __glm_fields | string replace \t =\t
    end
end

complete -c glm -f
@COMPLETE@
"""

SOURCES = {
    "python": "(__fish_complete_suffix .py)",
    "tool": "(__glm_tools)",
    "kept": "(__glm_kept)",
    "template": "(__glm_template)",
    "named_template": "(__glm_templates)",
    "variable": "(__glm_variables)",
    "folder": "(__fish_complete_directories)",
    "profile": "(__glm_profiles)",
    "assignment": "(__glm_assignment)",
    "key": "(__glm_keys)",
    "setting": "(__glm_setting (__glm_key))",
}


def render(tree: Command) -> str:
    """The whole script."""
    common = everywhere(tree)
    grouped = by_commands(tree)
    groups = [it for it in tree.all() if it.commands]
    parts = {
        "EVERYWHERE": " ".join(_valued(common)),
        "VALUED": "\n".join(_valued_line(paths, options) for paths, options in grouped.items() if _valued(options)),
        "SUBCOMMANDS": "\n".join(
            f"        case '{it.path}'\n            printf '%s\\n' {' '.join(below.name for below in it.commands)}"
            for it in groups
        ),
        "PROFILES": " ".join(profiles()),
        "TOOLS": " ".join(tools()),
        "INPUT": INPUT,
        "SETTINGS": "\n".join(
            _settings(values, names) for values, names in settings_by_values().items() if values.kind != "file"
        ),
        "KEYS": _described(keys()),
        "FIELDS": _described(field_names()),
        "PATTERN": everywhere_pattern(tree),
        "IMPLIED": IMPLIED,
        "COMPLETE": "\n".join(
            [
                *(_option(it) for it in common),
                *(_option(it, _quoted(_at(paths))) for paths, options in grouped.items() for it in options),
                *(line for it in groups for line in _subcommands(it)),
                *(line for it in tree.all() for line in _arguments(it)),
            ]
        ),
    }
    return fill(SCRIPT, parts)


def _option(option: Option, condition: str = "") -> str:
    words = ["complete -c glm"]
    if condition:
        words.append(f"-n {condition}")
    words += [f"-s {name[1:]}" for name in option.short]
    words += [f"-l {name[2:]}" for name in option.long]
    if option.takes:
        words.append("-r" if option.takes.kind == "file" else "-x")
        words.append(_source(option.takes))
    words.append(f"-d {_quoted(option.help)}")
    return " ".join(filter(None, words))


def _subcommands(command: Command) -> Iterator[str]:
    condition = _quoted(f'__glm_at_argument 1 "{command.path}"')
    for it in command.commands:
        yield f"complete -c glm -n {condition} -a {it.name} -d {_quoted(it.help)}"


def _arguments(command: Command) -> Iterator[str]:
    for number, it in enumerate(command.arguments, 1):
        condition = _at([command.path]) if it.repeats else f'__glm_at_argument {number} "{command.path}"'
        if source := _source(it.takes):
            yield f"complete -c glm -n {_quoted(condition)} {source}"
        if it.takes.kind == "setting":
            for key in settings_by_values().get(Values("file"), ()):
                yield f"complete -c glm -n {_quoted(f'{condition}; and test (__glm_key) = {key}')} -F"


def _source(values: Values) -> str:
    """Where the candidates come from, as options of `complete`; empty where there are none."""
    if values.kind == "file":
        return "-F"
    words = " ".join(values.words) if values.kind == "words" else SOURCES.get(values.kind)
    return f"-a {_quoted(words)}" if words else ""


def _settings(values: Values, names: list[str]) -> str:
    if values.kind == "words":
        return f"        case {' '.join(names)}\n            printf '%s\\n' {' '.join(values.words)}"
    return f"        case {' '.join(names)}\n            {SOURCES[values.kind].strip('()')}"


def _valued(options: Iterable[Option]) -> list[str]:
    return [name for it in options if it.takes for name in it.names]


def _valued_line(paths: Iterable[str], options: Iterable[Option]) -> str:
    quoted = [f"'{path}'" for path in paths]
    return f"    contains -- $argv[1] {' '.join(quoted)}; and printf '%s\\n' {' '.join(_valued(options))}"


def _at(paths: Iterable[str]) -> str:
    quoted = [f'"{path}"' for path in paths]
    return f"__glm_at {' '.join(quoted)}"


def _described(helps: Mapping[str, str]) -> str:
    """Words of a command, the name and the help of each in turn."""
    return "".join(f" \\\n        {name} {_quoted(help)}" for name, help in helps.items()).lstrip(" ")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
