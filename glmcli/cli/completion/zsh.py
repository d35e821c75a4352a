"""The completion script for zsh. Once the command is found, zsh's own `_arguments` does the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from glmcli.cli.completion.template import fill
from glmcli.cli.completion.tree import (
    IMPLIED,
    Argument,
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

SCRIPT = r"""#compdef glm
# Completion of glm for zsh. Written by `python -m glmcli.cli.completion`, not by hand.

# What the command named $1 has: its subcommands, and its options and arguments as _arguments wants them.
_glm_command() {
  commands=() arguments=()
  options=(
@EVERYWHERE@
  )
  case $1 in
@COMMANDS@
  esac
  case $1 in
@OPTIONS@
  esac
}

# Sets `folder` to the user's directory.
_glm_folder() {
  folder=$HOME/.config
  [[ $OSTYPE == darwin* ]] && folder="$HOME/Library/Application Support"
  folder=${GLM_CONFIG_DIR:-${XDG_CONFIG_HOME:-$folder}/glmcli}
}

# Profiles that need no configuration, and those with a table in the configuration file.
_glm_profiles() {
  local folder line
  local -aU names=(@PROFILES@)
  _glm_folder
  if [[ -f $folder/config.toml && -r $folder/config.toml ]]; then
    for line in "${(@f)$(<$folder/config.toml)}"; do
      [[ $line =~ '^[[:space:]]*\[[[:space:]]*profiles[.]"?([A-Za-z0-9_-]+)' ]] && names+=($match[1])
    done
  fi
  _wanted profiles expl profile compadd -a names
}

# Adds to `names` what the last group of the expression $2 matches in the first 100,000 characters of the file $1.
_glm_names() {
  local text MATCH
  local -a match mbegin mend
  integer MBEGIN MEND
  [[ -f $1 && -r $1 ]] || return 0
  text=$'\n'$(<$1)
  text=$text[1,100000]
  while [[ $text =~ $2 ]]; do
    names+=($match[-1])
    text=$text[MEND+1,-1]
  done
}

# Adds to `names` what the user keeps: MCP servers, and files with the tools in them.
_glm_kept_names() {
  local folder file
  local -a found=($names)
  _glm_folder
  names=()
  _glm_names $folder/mcp.json '"([A-Za-z0-9_-]+)"[[:space:]]*:[[:space:]]*[{]'
  names=($found ${names:#(mcpServers|servers|env|headers)})
  for file in $folder/tools/[^._]*.(py|json)(N-.); do
    names+=(${file:t:r})
    if [[ $file == *.py ]]; then
      _glm_names $file $'\n''(async +)?def +([A-Za-z][A-Za-z0-9_]*)'
    else
      _glm_names $file '"name"[[:space:]]*:[[:space:]]*"([A-Za-z0-9_-]+)"'
    fi
  done
}

_glm_kept() {
  local -aU names
  _glm_kept_names
  _wanted kept expl 'what is kept' compadd -a names
}

_glm_tools() {
  local -aU names=(@TOOLS@)
  _glm_kept_names
  _wanted tools expl tool compadd -a names || _files
}

# Sets `names` to the templates that the user keeps.
_glm_template_names() {
  local folder
  _glm_folder
  names=($folder/templates/[^.]*.toml(N-.:t:r))
}

_glm_named_template() {
  local -a names
  _glm_template_names
  _wanted templates expl template compadd -a names
}

_glm_template() {
  _glm_named_template || _files -g "*.toml"
}

# The variables of the template that stands before on the line.
_glm_variable() {
  local folder file=${(Q)${opt_args[-t]:-$opt_args[--template]}}
  local -aU names
  [[ -n $file && $PREFIX != *=* ]] || return 1
  _glm_folder
  [[ $file == */* || $file == *.toml ]] || file=$folder/templates/$file.toml
  _glm_names ${file/#\~\//$HOME/} '[$]([$]|[{]?([A-Za-z_][A-Za-z0-9_]*))'
  names=(${names:#@INPUT@})
  _wanted variables expl parameter compadd -qS = -a names
}

# What the setting $1 may be.
_glm_setting() {
  local -a allowed
  case $1 in
@SETTINGS@
  esac
  (( $#allowed )) && _wanted values expl value compadd -a allowed
}

# Sets `fields` to the fields of a request.
_glm_fields() {
  fields=(
@FIELDS@
  )
}

_glm_keys() {
  local -a fields keys=(
@KEYS@
  )
  _glm_fields
  keys+=(defaults.$^fields)
  _describe -t keys key keys
}

_glm_key_value() {
  _glm_setting "${line[1]#profiles.*.}"
}

_glm_assignment() {
  local -a fields
  if compset -P 1 '*='; then
    _glm_setting "defaults.${${${IPREFIX%=}##*=}#-o}"
  else
    _glm_fields
    _describe -t fields 'request field' fields -qS =
  fi
}

_glm() {
  local here=glm word curcontext=$curcontext
  local -a commands options arguments
  local -a match mbegin mend
  integer at=2

  _glm_command $here
  while (( $#commands && at < CURRENT )); do
    word=$words[at]
    if [[ $word == (@VALUED@) ]]; then
      (( at += 2 ))
    elif [[ $word =~ '^(@PATTERN@)$' ]]; then
      (( at++ ))
    elif (( $commands[(I)$word:*] )); then
      here+=" $word"
      _glm_command $here
      words=($here "${(@)words[at + 1, -1]}")
      (( CURRENT -= at - 1, at = 2 ))
    elif [[ $here == glm ]]; then
      here='@IMPLIED@'
      _glm_command $here
      words=($here "${(@)words[at, -1]}")
      (( CURRENT -= at - 2 ))
    else
      return 1
    fi
  done

  curcontext=${curcontext%:*:*}:${here// /-}:
  (( $#commands )) && arguments=('1:command:{_describe -t commands command commands}')
  # The message for an argument would keep an option from being inserted.
  [[ $words[CURRENT] == -* ]] && arguments=('*: :{:}')
  _arguments -s -S : $options $arguments
}

if [[ $funcstack[1] == _glm ]]; then
  _glm "$@"
else
  compdef _glm glm
fi
"""

ACTIONS = {
    "any": " ",
    "file": "_files",
    "python": '_files -g "*.py"',
    "folder": "_files -/",
    "tool": "_glm_tools",
    "kept": "_glm_kept",
    "template": "_glm_template",
    "named_template": "_glm_named_template",
    "variable": "_glm_variable",
    "profile": "_glm_profiles",
    "assignment": "_glm_assignment",
    "key": "_glm_keys",
    "setting": "_glm_key_value",
}


def render(tree: Command) -> str:
    """The whole script."""
    common = everywhere(tree)
    parts = {
        "EVERYWHERE": _lines(_specs(common), 4),
        "COMMANDS": "\n".join(_command(it) for it in tree.all() if it.commands or it.arguments),
        "OPTIONS": "\n".join(_options(paths, options) for paths, options in by_commands(tree).items()),
        "PROFILES": " ".join(profiles()),
        "TOOLS": " ".join(tools()),
        "INPUT": INPUT,
        "SETTINGS": "\n".join(_settings(values, names) for values, names in settings_by_values().items()),
        "KEYS": _lines(_described(keys()), 4),
        "FIELDS": _lines(_described(field_names()), 4),
        "VALUED": "|".join(name for it in common if it.takes for name in it.names),
        "PATTERN": everywhere_pattern(tree),
        "IMPLIED": IMPLIED,
    }
    return fill(SCRIPT, parts)


def _command(command: Command) -> str:
    """The case of one command that has subcommands or arguments."""
    if command.commands:
        name, lines = "commands", _described({it.name: it.help for it in command.commands})
    else:
        name, lines = "arguments", [_argument(it, number) for number, it in enumerate(command.arguments, 1)]
    return f"    ('{command.path}') {name}=(\n{_lines(lines, 6)}\n    ) ;;"


def _options(paths: Iterable[str], options: list[Option]) -> str:
    """The case of the options that these commands share."""
    quoted = [f"'{path}'" for path in paths]
    return f"    ({'|'.join(quoted)}) options+=(\n{_lines(_specs(options), 6)}\n    ) ;|"


def _specs(options: Iterable[Option]) -> Iterator[str]:
    """One spec for each name of each option; a name rules out the others, unless the option repeats."""
    for it in options:
        before = "*" if it.repeats else f"({' '.join(it.names)})"
        for name in it.names:
            value, joint = "", ""
            if it.takes:
                value = f":{_escaped(it.metavar)}:{_action(it.takes)}"
                joint = "=" if name.startswith("--") else "+"
            yield _quoted(f"{before}{name}{joint}[{_escaped(it.help)}]{value}")


def _argument(argument: Argument, number: int) -> str:
    return _quoted(f"{'*' if argument.repeats else number}:{_escaped(argument.help)}:{_action(argument.takes)}")


def _action(values: Values) -> str:
    return f"({' '.join(values.words)})" if values.kind == "words" else ACTIONS[values.kind]


def _settings(values: Values, names: list[str]) -> str:
    if values.kind == "words":
        return f"    ({'|'.join(names)}) allowed=({' '.join(values.words)}) ;;"
    return f"    ({'|'.join(names)}) {ACTIONS[values.kind]} && return ;;"


def _described(helps: Mapping[str, str]) -> list[str]:
    """`name:help`, as _describe reads it."""
    return [_quoted(f"{name}:{help}") for name, help in helps.items()]


def _escaped(text: str) -> str:
    """The text without meaning to _arguments."""
    return "".join(f"\\{it}" if it in "\\[]:" else it for it in text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _lines(lines: Iterable[str], depth: int) -> str:
    return "\n".join(f"{'':{depth}}{line}" for line in lines)
