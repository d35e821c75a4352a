# Completion of glm for bash 4 and later. Written by `python -m glmcli.cli.completion`, not by hand.

((BASH_VERSINFO[0] >= 4)) || return 0

# What the command named $1 has. `values` says what follows an option: words, or a kind that _glm_candidates knows;
# `rest` is the same for the arguments after those in `arguments`.
_glm_command() {
    commands=() arguments=() rest=''
    flags=(--quiet -q --verbose -v --debug --help -h)
    values=([--profile]=@profile [--config-dir]=@folder [--color]='auto always never')
    case $1 in
        'glm') commands=(run chat sessions tools config serve) ;;
        'glm sessions') commands=(list show export search usage rename fork import rm) ;;
        'glm sessions import') arguments=(@file) ;;
        'glm tools') commands=(list show check call add rm rules) ;;
        'glm tools show') arguments=(@tool) ;;
        'glm tools check') rest=@tool ;;
        'glm tools call') arguments=(@tool) ;;
        'glm tools add') rest=@file ;;
        'glm tools rm') rest=@kept ;;
        'glm config') commands=(show get set unset edit path profiles params login logout doctor templates local) ;;
        'glm config get') arguments=(@key) ;;
        'glm config set') arguments=(@key @setting) ;;
        'glm config unset') arguments=(@key) ;;
        'glm config templates') commands=(list show edit rm path) ;;
        'glm config templates show') arguments=(@named_template) ;;
        'glm config templates edit') arguments=(@named_template) ;;
        'glm config templates rm') rest=@named_template ;;
        'glm config templates path') arguments=(@named_template) ;;
        'glm config local') commands=(install status rm) ;;
        'glm config local install') arguments=(@file) ;;
    esac
    case $1 in
        'glm')
            flags+=(--version -V)
            ;;&
        'glm' | 'glm run' | 'glm chat')
            flags+=(--strict --editor -e --no-stdin --json-object --no-repair --yes -y --continue -c --fork
                --no-log --raw -r --plain --hide-reasoning -R --show-reasoning --usage -u --include -i
                --logprobs --no-logprobs --parallel-tool-calls --no-parallel-tool-calls --store --no-store
                --think --no-think --clear-thinking --no-clear-thinking)
            values+=([--option]=@assignment [-o]=@assignment [--system]='' [-s]='' [--system-file]=@file
                [--template]=@template [-t]=@template [--param]=@variable [-p]=@variable [--file]=@file
                [-f]=@file [--attachment]=@file [-a]=@file [--stdin-timeout]='' [--schema]=''
                [--schema-multi]='' [--tool]=@tool [-T]=@tool [--functions]=@python [--root]=@folder
                [--approve]='ask auto deny' [--max-turns]='' [--session]='' [--connect-timeout]=''
                [--first-byte-timeout]='' [--timeout]='' [--retries]='' [--ca-bundle]=@file [--model]=''
                [-m]='' [--audio]='' [--voice]='' [--audio-format]='wav aac mp3 flac opus pcm16'
                [--frequency-penalty]='' [--logit-bias]='' [--top-logprobs]='' [--max-tokens]=''
                [--max-completion-tokens]='' [--metadata]='' [--modalities]='text audio' [--n]=''
                [--prediction]='' [--presence-penalty]='' [--reasoning-effort]='low medium high'
                [--response-format]='text json' [--seed]='' [--service-tier]='auto default flex scale priority'
                [--stop]='' [--temperature]='' [--tool-choice]='none auto required' [--top-p]='' [--user]=''
                [--web-search-options]='' [--search-context-size]='low medium high' [--user-location]=''
                [--function-call]='none auto' [--chat-template-kwargs]='')
            ;;&
        'glm' | 'glm run')
            flags+=(--prompt-form --no-stream --json --jsonl --extract -x --extract-last --extract-all --copy
                --dry-run --curl)
            values+=([--body]=@file [--messages]=@file [--output]=@file [--save]='')
            ;;&
        'glm sessions list')
            values+=([--limit]='' [-l]='')
            ;;&
        'glm sessions list' | 'glm sessions show' | 'glm sessions search' | 'glm sessions usage' | 'glm config show' | 'glm config profiles' | 'glm config params' | 'glm config doctor' | 'glm config templates list')
            flags+=(--json)
            ;;&
        'glm sessions show' | 'glm sessions export')
            flags+=(--reasoning)
            ;;&
        'glm sessions show')
            flags+=(--raw -r --plain)
            ;;&
        'glm sessions export')
            flags+=(--force)
            values+=([--format]='md json jsonl html body' [--output]=@file [-o]=@file)
            ;;&
        'glm sessions search')
            values+=([--limit]='' [-l]='')
            ;;&
        'glm sessions rm')
            flags+=(--yes -y)
            values+=([--older-than]='')
            ;;&
        'glm tools list' | 'glm tools rules')
            flags+=(--json)
            ;;&
        'glm tools list')
            flags+=(--servers)
            ;;&
        'glm tools call')
            values+=([--args]='' [--functions]=@python [--root]=@folder)
            ;;&
        'glm tools add')
            flags+=(--mcp --link --force)
            values+=([--name]='' [--env]='' [--header]='')
            ;;&
        'glm tools rules')
            values+=([--revoke]='')
            ;;&
        'glm config login')
            flags+=(--token-stdin --keyring)
            values+=([--account]='')
            ;;&
        'glm config local status')
            flags+=(--json)
            ;;&
        'glm serve')
            values+=([--port]='' [--pace]='' [--record]=@file [--replay]=@file)
            ;;&
    esac
}

# The options that every command has, where they stand before its name.
_glm_everywhere='^(-[Vqvh]+|--version|--profile(=.*)?|--config-dir(=.*)?|--color(=.*)?|--quiet|--verbose|--debug|--help)$'

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
    candidates=(default local demo)
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
        [[ -z $word || $word == input ]] || found+=("$word=")
    done
    candidates=("${found[@]}")
    compopt -o nospace
}

# What the setting $1 may be.
_glm_setting() {
    case $1 in
        profile) _glm_candidates @profile ;;
        endpoint) candidates=(workers-ai workers-ai-openai ai-gateway openai local demo) ;;
        log | markdown | usage | hide_reasoning | toolbar | multiline | fetch_private | defaults.logprobs | defaults.parallel_tool_calls | defaults.store | defaults.stream) candidates=(true false) ;;
        color) candidates=(auto always never) ;;
        theme) candidates=(auto dark light plain) ;;
        editing_mode) candidates=(emacs vi) ;;
        approve) candidates=(ask deny) ;;
        ca_bundle) _glm_candidates @file ;;
        defaults.reasoning_effort) candidates=(low medium high) ;;
        defaults.service_tier) candidates=(auto default flex scale priority) ;;
        defaults.tool_choice) candidates=(none auto required) ;;
        defaults.function_call) candidates=(none auto) ;;
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
            candidates=(calculator now read_file list_dir search_files write_file fetch_url shell)
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
        @key) candidates=(profile endpoint account_id base_url model system gateway gateway_path gateway_token_env
            api_key_env token_command max_tokens_field log color theme markdown usage hide_reasoning
            editing_mode vi_escape toolbar multiline approve max_turns fetch_private timeout first_byte_timeout
            connect_timeout retries ca_bundle "${fields[@]/#/defaults.}") ;;
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
    local -a fields=(model prompt messages audio frequency_penalty logit_bias logprobs top_logprobs max_tokens
        max_completion_tokens metadata modalities n parallel_tool_calls prediction presence_penalty
        reasoning_effort response_format seed service_tier stop store stream stream_options temperature
        tool_choice tools top_p user web_search_options function_call functions chat_template_kwargs)
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
                path='glm run'
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
            path='glm run'
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
