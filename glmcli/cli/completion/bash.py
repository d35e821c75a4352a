"""The completion script for bash."""

from __future__ import annotations

from collections.abc import Iterable

from glmcli.cli.completion.template import fill, folded
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

SCRIPT = r"""# Completion of glm for bash 4 and later. Written by `python -m glmcli.cli.completion`, not by hand.

((BASH_VERSINFO[0] >= 4)) || return 0

# What the command named $1 has. `values` says what follows an option: words, or a kind that _glm_candidates knows;
# `rest` is the same for the arguments after those in `arguments`.
_glm_command() {
    commands=() arguments=() rest=''
    flags=(@FLAGS@)
    values=(@VALUES@)
    case $1 in
@COMMANDS@
    esac
    case $1 in
@OPTIONS@
    esac
}

# The options that every command has, where they stand before its name.
_glm_everywhere='^(@EVERYWHERE@)$'

# Sets `folder` to the user's directory.
_glm_folder() {
    folder=$HOME/.config
    [[ $OSTYPE == darwin* ]] && folder="$HOME/Library/Application Support"
    folder=${GLM_CONFIG_DIR:-${XDG_CONFIG_HOME:-$folder}/glmcli}
}

# Profiles that need no configuration, and those with a table in the configuration file.
_glm_profiles() {
    local folder line table='^[[:space:]]*\[[[:space:]]*profiles[.]"?([A-Za-z0-9_-]+)'
    _glm_folder
    candidates=(@PROFILES@)
    [[ -f $folder/config.toml && -r $folder/config.toml ]] || return 0
    while IFS= read -r line || [[ -n $line ]]; do
        [[ $line =~ $table ]] && candidates+=("${BASH_REMATCH[1]}")
    done <"$folder/config.toml"
}

# Adds what the last group of the expression $2 matches in the first 100,000 characters of the file $1.
_glm_names() {
    local text
    [[ -f $1 && -r $1 ]] || return 0
    IFS= read -r -d '' -N 100000 text <"$1"
    text=$'\n'$text
    while [[ $text =~ $2 ]]; do
        candidates+=("${BASH_REMATCH[${#BASH_REMATCH[@]} - 1]}")
        text=${text#*"${BASH_REMATCH[0]}"}
    done
}

# What the user keeps: MCP servers, and files with the tools in them.
_glm_kept() {
    local folder file word
    local -a found=("${candidates[@]}")
    _glm_folder
    candidates=()
    _glm_names "$folder/mcp.json" '"([A-Za-z0-9_-]+)"[[:space:]]*:[[:space:]]*[{]'
    for word in "${candidates[@]}"; do
        [[ $word == @(mcpServers|servers|env|headers) ]] || found+=("$word")
    done
    candidates=("${found[@]}")
    for file in "$folder"/tools/[!._]*.py "$folder"/tools/[!._]*.json; do
        [[ -f $file ]] || continue
        word=${file##*/}
        candidates+=("${word%.*}")
        if [[ $file == *.py ]]; then
            _glm_names "$file" $'\n''(async +)?def +([A-Za-z][A-Za-z0-9_]*)'
        else
            _glm_names "$file" '"name"[[:space:]]*:[[:space:]]*"([A-Za-z0-9_-]+)"'
        fi
    done
}

# The templates that the user keeps.
_glm_templates() {
    local folder file
    _glm_folder
    for file in "$folder"/templates/[!.]*.toml; do
        [[ -f $file ]] || continue
        file=${file##*/}
        candidates+=("${file%.toml}")
    done
}

# The variables of the template that stands before on the line.
_glm_variables() {
    local folder file=$template word
    local -a found=()
    [[ -n $template && $1 != *=* ]] || return 0
    _glm_folder
    [[ $file == */* || $file == *.toml ]] || file=$folder/templates/$file.toml
    _glm_names "${file/#\~\//$HOME/}" '[$]([$]|[{]?([A-Za-z_][A-Za-z0-9_]*))'
    for word in "${candidates[@]}"; do
        [[ -z $word || $word == @INPUT@ ]] || found+=("$word=")
    done
    candidates=("${found[@]}")
    compopt -o nospace
}

# What the setting $1 may be.
_glm_setting() {
    case $1 in
@SETTINGS@
    esac
}

# Fills `candidates` with what the kind or the words of $1 stand for. $2: the part of the value that is typed.
_glm_candidates() {
    case $1 in
        @file) compopt -o bashdefault -o default ;;
        @python)
            compopt -o filenames -o default
            mapfile -t candidates < <(compgen -f -X '!*.py' -- "$2"; compgen -d -- "$2")
            ;;
        @folder) compopt -o dirnames ;;
        @tool)
            compopt -o bashdefault -o default
            candidates=(@TOOLS@)
            _glm_kept
            ;;
        @kept) _glm_kept ;;
        @template)
            compopt -o bashdefault -o default
            _glm_templates
            ;;
        @named_template) _glm_templates ;;
        @variable) _glm_variables "$2" ;;
        @profile) _glm_profiles ;;
        @key) candidates=(@KEYS@ "${fields[@]/#/defaults.}") ;;
        @setting) _glm_setting "${given[0]#profiles.*.}" ;;
        @assignment)
            if [[ $2 == *=* ]]; then
                _glm_setting "defaults.${2%%=*}"
                candidates=("${candidates[@]/#/${2%%=*}=}")
            else
                candidates=("${fields[@]/%/=}")
                compopt -o nospace
            fi
            ;;
        *) read -ra candidates <<<"$1" ;;
    esac
}

# Sets `option` if the value of an option is the word after $1, be it `--color` or the end of `-qo`.
_glm_awaits() {
    local i
    option=
    if [[ $1 == --* ]]; then
        [[ -n ${values[$1]+set} ]] && option=$1
        return
    fi
    for ((i = 1; i < ${#1}; i++)); do
        if [[ -n ${values[-${1:i:1}]+set} ]]; then
            ((i + 1 == ${#1})) && option=-${1:i:1}
            return
        fi
    done
}

_glm() {
    local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} path=glm option='' ended='' cur='' head='' prefix='' breaks word i
    local rest template=''
    local -a words=() given=() commands=() arguments=() flags=() candidates=()
    local -a fields=(@FIELDS@)
    local -A values=() seen=()
    COMPREPLY=()

    # Readline has cut the words at `=`, `:` and `@` too; what no space parts belongs together.
    for ((i = 0; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i == 0)) || [[ $line == [[:space:]]* ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+=$word
        fi
        line=${line#*"$word"}
    done
    if [[ $line == [[:space:]]* ]]; then
        cur=${line#"${line%%[![:space:]]*}"}
    else
        cur=${words[${#words[@]} - 1]}$line
        unset "words[${#words[@]} - 1]"
    fi

    # It replaces only what follows the last of them, unless the word is quoted.
    breaks=${COMP_WORDBREAKS//[!=:@]/}
    if [[ $cur == [\"\']* ]]; then
        cur=${cur:1}
    elif [[ -n $breaks ]]; then
        head=${cur%"${cur##*["$breaks"]}"}
    fi

    _glm_command "$path"
    for word in "${words[@]:1}"; do
        if [[ -n $option ]]; then
            [[ ${values[$option]} == @template ]] && template=$word
            option=
            continue
        fi
        if [[ -z $ended && $word == -?* ]]; then
            if [[ $path == glm && ! $word =~ $_glm_everywhere ]]; then
                path='@IMPLIED@'
                _glm_command "$path"
            fi
            [[ $word == -- ]] && ended=1
            _glm_awaits "$word"
            [[ $word == --*=* && ${values[${word%%=*}]-} == @template ]] && template=${word#*=}
            [[ $word == -[!-]?* && ${values[${word:0:2}]-} == @template ]] && template=${word:2}
        elif [[ ${#commands[@]} -gt 0 && " ${commands[*]} " == *" $word "* ]]; then
            path+=" $word"
            _glm_command "$path"
        elif [[ $path == glm ]]; then
            path='@IMPLIED@'
            _glm_command "$path"
        else
            given+=("$word")
        fi
    done

    if [[ -n $option ]]; then
        _glm_candidates "${values[$option]}" "$cur"
    elif [[ -z $ended && $cur == --*=* ]]; then
        prefix=${cur%%=*}=
        _glm_candidates "${values[${cur%%=*}]-}" "${cur#*=}"
    elif [[ -z $ended && $cur == -[!-]?* && -n ${values[${cur:0:2}]-} ]]; then
        prefix=${cur:0:2}
        _glm_candidates "${values[$prefix]}" "${cur:2}"
    elif [[ -z $ended && $cur == -* ]]; then
        candidates=("${flags[@]}" "${!values[@]}")
    elif ((${#commands[@]} && !${#given[@]})); then
        candidates=("${commands[@]}")
    else
        _glm_candidates "${arguments[${#given[@]}]-$rest}" "$cur"
    fi
    for word in "${candidates[@]}"; do
        word=$prefix$word
        if [[ $word == "$cur"* && -z ${seen[$word]-} ]]; then
            seen[$word]=1
            COMPREPLY+=("${word#"$head"}")
        fi
    done
}

complete -F _glm glm
"""


def render(tree: Command) -> str:
    """The whole script."""
    common = everywhere(tree)
    parts = {
        "FLAGS": folded(_flags(common), 8),
        "VALUES": folded(_values(common), 8),
        "COMMANDS": "\n".join(filter(None, map(_command, tree.all()))),
        "OPTIONS": "\n".join(_options(paths, options) for paths, options in by_commands(tree).items()),
        "EVERYWHERE": everywhere_pattern(tree),
        "PROFILES": " ".join(profiles()),
        "TOOLS": " ".join(tools()),
        "INPUT": INPUT,
        "SETTINGS": "\n".join(_settings(values, names) for values, names in settings_by_values().items()),
        "KEYS": folded(keys(), 12),
        "FIELDS": folded(field_names(), 8),
        "IMPLIED": IMPLIED,
    }
    return fill(SCRIPT, parts)


def _command(command: Command) -> str:
    """The case of one command that has subcommands, or arguments that can be completed."""
    parts = []
    if command.commands:
        parts.append(f"commands=({' '.join(it.name for it in command.commands)})")
    once = [_kind(it.takes) for it in command.arguments if not it.repeats]
    if any(it != "''" for it in once):
        parts.append(f"arguments=({' '.join(once)})")
    parts += [f"rest={_kind(it.takes)}" for it in command.arguments if it.repeats and it.takes.kind != "any"]
    return f"        '{command.path}') {' '.join(parts)} ;;" if parts else ""


def _options(paths: Iterable[str], options: list[Option]) -> str:
    """The case of the options that these commands share."""
    quoted = [f"'{path}'" for path in paths]
    lines = [f"        {' | '.join(quoted)})"]
    if flags := _flags(options):
        lines.append(f"            flags+=({folded(flags, 16)})")
    if values := _values(options):
        lines.append(f"            values+=({folded(values, 16)})")
    return "\n".join([*lines, "            ;;&"])


def _settings(values: Values, names: list[str]) -> str:
    if values.kind == "words":
        return f"        {' | '.join(names)}) candidates=({' '.join(values.words)}) ;;"
    return f"        {' | '.join(names)}) _glm_candidates @{values.kind} ;;"


def _flags(options: Iterable[Option]) -> list[str]:
    return [name for it in options if it.takes is None for name in it.names]


def _values(options: Iterable[Option]) -> list[str]:
    return [f"[{name}]={_kind(it.takes)}" for it in options if it.takes is not None for name in it.names]


def _kind(values: Values) -> str:
    """What `_glm_candidates` makes candidates of, as a word of bash."""
    if values.kind == "any":
        return "''"
    return f"'{' '.join(values.words)}'" if values.kind == "words" else f"@{values.kind}"
