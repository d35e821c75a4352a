# Completion of glm for fish. Written by `python -m glmcli.cli.completion`, not by hand.

# The options of the command named $argv[1] whose value is the next word.
function __glm_valued
    printf '%s\n' --profile --config-dir --color
    contains -- $argv[1] 'glm' 'glm run' 'glm chat'; and printf '%s\n' --option -o --system -s --system-file --template -t --param -p --file -f --attachment -a --stdin-timeout --schema --schema-multi --tool -T --functions --root --approve --max-turns --session --connect-timeout --first-byte-timeout --timeout --retries --ca-bundle --model -m --audio --voice --audio-format --frequency-penalty --logit-bias --top-logprobs --max-tokens --max-completion-tokens --metadata --modalities --n --prediction --presence-penalty --reasoning-effort --response-format --seed --service-tier --stop --temperature --tool-choice --top-p --user --web-search-options --search-context-size --user-location --function-call --chat-template-kwargs
    contains -- $argv[1] 'glm' 'glm run'; and printf '%s\n' --body --messages --output --save
    contains -- $argv[1] 'glm sessions list'; and printf '%s\n' --limit -l
    contains -- $argv[1] 'glm sessions export'; and printf '%s\n' --format --output -o
    contains -- $argv[1] 'glm sessions search'; and printf '%s\n' --limit -l
    contains -- $argv[1] 'glm sessions rm'; and printf '%s\n' --older-than
    contains -- $argv[1] 'glm tools call'; and printf '%s\n' --args --functions --root
    contains -- $argv[1] 'glm tools add'; and printf '%s\n' --name --env --header
    contains -- $argv[1] 'glm tools rules'; and printf '%s\n' --revoke
    contains -- $argv[1] 'glm config login'; and printf '%s\n' --account
    contains -- $argv[1] 'glm serve'; and printf '%s\n' --port --pace --record --replay
end

function __glm_subcommands
    switch $argv[1]
        case 'glm'
            printf '%s\n' run chat sessions tools config serve
        case 'glm sessions'
            printf '%s\n' list show export search usage rename fork import rm
        case 'glm tools'
            printf '%s\n' list show check call add rm rules
        case 'glm config'
            printf '%s\n' show get set unset edit path profiles params login logout doctor templates local
        case 'glm config templates'
            printf '%s\n' list show edit rm path
        case 'glm config local'
            printf '%s\n' install status rm
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
            if test $path = glm; and not string match -qr -- '^(-[Vqvh]+|--version|--profile(=.*)?|--config-dir(=.*)?|--color(=.*)?|--quiet|--verbose|--debug|--help)$' $token
                set path 'glm run'
            end
            if test $token = --
                set ended 1
            else if __glm_awaits $path $token
                set -e tokens[1]
            end
        else if contains -- $token (__glm_subcommands $path)
            set path "$path $token"
        else if test $path = glm
            set path 'glm run'
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
    printf '%s\n' default local demo
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
        if test $name != input; and not contains -- $name $found
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
        printf '%s\n' calculator now read_file list_dir search_files write_file fetch_url shell
        __glm_kept
    end
end

# What the setting $argv[1] may be.
function __glm_setting
    switch $argv[1]
        case profile
            __glm_profiles
        case endpoint
            printf '%s\n' workers-ai workers-ai-openai ai-gateway openai local demo
        case log markdown usage hide_reasoning toolbar multiline fetch_private defaults.logprobs defaults.parallel_tool_calls defaults.store defaults.stream
            printf '%s\n' true false
        case color
            printf '%s\n' auto always never
        case theme
            printf '%s\n' auto dark light plain
        case editing_mode
            printf '%s\n' emacs vi
        case approve
            printf '%s\n' ask deny
        case defaults.reasoning_effort
            printf '%s\n' low medium high
        case defaults.service_tier
            printf '%s\n' auto default flex scale priority
        case defaults.tool_choice
            printf '%s\n' none auto required
        case defaults.function_call
            printf '%s\n' none auto
    end
end

# The key before the value that is being written, without the profile it is for.
function __glm_key
    set -l written (__glm_written)
    string replace -r '^profiles\..*?\.' '' -- $written[2]
end

function __glm_keys
    printf '%s\t%s\n' \
        profile 'The profile to use.' \
        endpoint 'What kind of server the profile talks to.' \
        account_id 'The Cloudflare account.' \
        base_url 'Where the API is.' \
        model 'The model.' \
        system 'The system prompt.' \
        gateway 'The id of the AI Gateway.' \
        gateway_path 'What follows the gateway\'s id, if not workers-ai.' \
        gateway_token_env 'The variable with the token of an authenticated gateway.' \
        api_key_env 'The environment variable that holds the key of this profile.' \
        token_command 'A command that prints the token, run without a shell.' \
        max_tokens_field 'The field for the output limit, on openai.' \
        log 'Whether conversations are stored.' \
        color 'When to use colour.' \
        theme 'The colours of code and headings.' \
        markdown 'Whether answers are rendered on a terminal.' \
        usage 'Whether tokens and cost follow each answer.' \
        hide_reasoning 'Whether the thinking of the model stays hidden.' \
        editing_mode 'The keys of the prompt in chat.' \
        vi_escape 'Two letters that leave the insert mode of vi, such as jk.' \
        toolbar 'Whether a line below the prompt of chat tells model, context and cost.' \
        multiline 'Whether Enter starts a new line in chat.' \
        approve 'Whether to ask before calls of tools.' \
        max_turns 'Requests of one turn with its tool calls.' \
        fetch_private 'Whether fetch_url may reach this machine and private networks.' \
        timeout 'Seconds without a byte before an answer counts as cut.' \
        first_byte_timeout 'Seconds until the first byte; 120 when streaming, else 900.' \
        connect_timeout 'Seconds for making the connection.' \
        retries 'How often a request that failed without an answer is sent again.' \
        ca_bundle 'A file of certificate authorities to trust.'
    __glm_fields | string replace -r '^' defaults.
end

function __glm_fields
    printf '%s\t%s\n' \
        model 'The model to ask; workers-ai names it in the URL, unless a body does.' \
        prompt 'The text to answer, in place of messages.' \
        messages 'The conversation so far, oldest message first.' \
        audio 'Voice and format of a spoken answer; nothing shows that this model speaks.' \
        frequency_penalty 'Above 0, words grow less likely each time they are used; below 0, more likely.' \
        logit_bias 'How much more or less likely single tokens are, as token id to bias from -100 to 100.' \
        logprobs 'Send the log probability of each token of the answer.' \
        top_logprobs 'With logprobs: send as many alternatives for each token.' \
        max_tokens 'The most tokens of an answer, its reasoning included; glm sends 16384 unless told otherwise.' \
        max_completion_tokens 'The newer name of max_tokens; workers-ai is sent both with one value.' \
        metadata 'Up to 16 pairs to attach to the request; nothing shows that they have an effect here.' \
        modalities 'Kinds of answer wanted, text or audio; nothing shows that this model speaks.' \
        n 'How many answers to give to the one prompt.' \
        parallel_tool_calls 'Let the model ask for several calls at once.' \
        prediction 'Text that much of the answer is expected to repeat; nothing shows an effect here.' \
        presence_penalty 'Above 0, words that were used once grow less likely; below 0, more likely.' \
        reasoning_effort 'How long to think; no effect is verified for this model, --no-think switches thinking off.' \
        response_format 'Free text, any JSON object, or JSON of a given schema.' \
        seed 'The same seed and request should give the same answer, as far as the server can.' \
        service_tier 'How urgently to serve the request; this platform has since dropped it.' \
        stop 'End the answer before this text; up to four.' \
        store 'Let the server keep the answer; glm\'s own sessions do not depend on it.' \
        stream 'Send the answer piece by piece; glm decides this by the form of its output.' \
        stream_options 'What else a stream should hold.' \
        temperature 'How freely words are chosen: 0 takes the likeliest, 2 is wild; the authors advise 1, or 0.7 for code.' \
        tool_choice 'Whether the model may, must or must not call tools, or the one to call; required is only advice here.' \
        tools 'The functions and custom tools that the model may call.' \
        top_p 'Choose only among the likeliest words that together have this probability; the authors advise 0.95.' \
        user 'A stable name for the end user, by which abuse can be traced.' \
        web_search_options 'Settings of a web search by the server; nothing shows that this model has one.' \
        function_call 'The older form of tool_choice.' \
        functions 'The older form of tools.' \
        chat_template_kwargs 'Switches of the chat template; in the newer schema only.'
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
complete -c glm -l profile -x -a '(__glm_profiles)' -d 'The profile to use.'
complete -c glm -l config-dir -x -a '(__fish_complete_directories)' -d 'The directory for settings, credentials and sessions.'
complete -c glm -l color -x -a 'auto always never' -d 'When to use colour.'
complete -c glm -s q -l quiet -d 'Say nothing but the answer and errors.'
complete -c glm -s v -l verbose -d 'Show the exchange, secrets hidden.'
complete -c glm -l debug -d 'Show where an unexpected error came from.'
complete -c glm -s h -l help -d 'Show this message and exit.'
complete -c glm -n '__glm_at "glm"' -s V -l version -d 'Show the version and exit.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s o -l option -x -a '(__glm_assignment)' -d 'Any request field; the value is JSON, else a string. @FILE holds a list or an object.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l strict -d 'Refuse what would only be warned about.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s s -l system -x -d 'The system prompt.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l system-file -r -F -d 'The same, from a file; `-` is stdin.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s t -l template -x -a '(__glm_template)' -d 'A template for the prompt; or the path of one.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s p -l param -x -a '(__glm_variables)' -d 'A value for a variable of the template (repeatable).'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s f -l file -r -F -d 'A text to send along; `-` is stdin.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s a -l attachment -r -F -d 'An image, a recording or a file to send along: at most 20 MiB each, 40 MiB in all.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s e -l editor -d 'Write the prompt in $VISUAL or $EDITOR.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l no-stdin -d 'Do not look at stdin.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l stdin-timeout -x -d 'Wait so long for the first byte of stdin; 0: for ever.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l schema -x -d 'Answer in JSON that fits: a FILE, JSON, a NAME in schemas/, or \'name, age int, tags [str]\'.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l schema-multi -x -d 'The same for a list of such items: JSON Lines.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l json-object -d 'Answer with any one JSON object.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l no-repair -d 'Do not ask again for an answer that does not fit the schema.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s T -l tool -x -a '(__glm_tools)' -d 'A tool the model may call, or all of a file or server (repeatable).'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l functions -x -a '(__fish_complete_suffix .py)' -d 'A file whose typed functions the model may call (repeatable).'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l root -x -a '(__fish_complete_directories)' -d 'A folder for the file tools, instead of the working directory.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l approve -x -a 'ask auto deny' -d 'Ask before calls of tools, approve all, or deny all that no rule approves (ask).'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s y -l yes -d 'The same as --approve auto.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l max-turns -x -d 'Requests of one turn with its tool calls (10).'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s c -l continue -d 'Go on with the last session.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l session -x -d 'Go on with this session; a new name makes one.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l fork -d 'Go on in a copy of the session; the old one stays.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l no-log -d 'Store nothing.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s r -l raw -d 'Markdown source as it comes, on a terminal too.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l plain -d 'Line by line, without moving the cursor.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s R -l hide-reasoning -d 'Do not show the thinking.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l show-reasoning -d 'Show the thinking on stderr even where that is a file.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s u -l usage -d 'Show tokens, cost and speed on stderr.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s i -l include -d 'Show the response headers on stderr.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l connect-timeout -x -d 'To connect (10); 0: no limit.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l first-byte-timeout -x -d 'To the first byte (120 streaming, else 900).'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l timeout -x -d 'Between two bytes (60).'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l retries -x -d 'Tries after the first (2).'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l ca-bundle -r -F -d 'Certificates to trust, in PEM form.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -s m -l model -x -d 'The model to ask; workers-ai names it in the URL, unless a body does.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l audio -x -d 'Voice and format of a spoken answer; nothing shows that this model speaks.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l voice -x -d 'The voice, by name or by id.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l audio-format -x -a 'wav aac mp3 flac opus pcm16' -d 'How the spoken answer is to be encoded.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l frequency-penalty -x -d 'Above 0, words grow less likely each time they are used; below 0, more likely.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l logit-bias -x -d 'How much more or less likely single tokens are, as token id to bias from -100 to 100.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l logprobs -l no-logprobs -d 'Send the log probability of each token of the answer.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l top-logprobs -x -d 'With logprobs: send as many alternatives for each token.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l max-tokens -x -d 'The most tokens of an answer, its reasoning included; glm sends 16384 unless told otherwise.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l max-completion-tokens -x -d 'The newer name of max_tokens; workers-ai is sent both with one value.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l metadata -x -d 'Up to 16 pairs to attach to the request; nothing shows that they have an effect here.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l modalities -x -a 'text audio' -d 'Kinds of answer wanted, text or audio; nothing shows that this model speaks.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l n -x -d 'How many answers to give to the one prompt.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l parallel-tool-calls -l no-parallel-tool-calls -d 'Let the model ask for several calls at once.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l prediction -x -d 'Text that much of the answer is expected to repeat; nothing shows an effect here.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l presence-penalty -x -d 'Above 0, words that were used once grow less likely; below 0, more likely.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l reasoning-effort -x -a 'low medium high' -d 'How long to think; no effect is verified for this model, --no-think switches thinking off.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l response-format -x -a 'text json' -d 'Free text, any JSON object, or JSON of a given schema.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l seed -x -d 'The same seed and request should give the same answer, as far as the server can.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l service-tier -x -a 'auto default flex scale priority' -d 'How urgently to serve the request; this platform has since dropped it.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l stop -x -d 'End the answer before this text; up to four.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l store -l no-store -d 'Let the server keep the answer; glm\'s own sessions do not depend on it.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l temperature -x -d 'How freely words are chosen: 0 takes the likeliest, 2 is wild; the authors advise 1, or 0.7 for code.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l tool-choice -x -a 'none auto required' -d 'Whether the model may, must or must not call tools, or the one to call; required is only advice here.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l top-p -x -d 'Choose only among the likeliest words that together have this probability; the authors advise 0.95.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l user -x -d 'A stable name for the end user, by which abuse can be traced.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l web-search-options -x -d 'Settings of a web search by the server; nothing shows that this model has one.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l search-context-size -x -a 'low medium high' -d 'How much of what was found is given to the model.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l user-location -x -d 'Where the user is: city, country, region, timezone.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l function-call -x -a 'none auto' -d 'The older form of tool_choice.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l chat-template-kwargs -x -d 'Switches of the chat template; in the newer schema only.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l think -l no-think -d 'Think before answering; false is the one verified way to switch thinking off.'
complete -c glm -n '__glm_at "glm" "glm run" "glm chat"' -l clear-thinking -l no-clear-thinking -d 'Forget the reasoning of earlier turns; false keeps what is sent back.'
complete -c glm -n '__glm_at "glm" "glm run"' -l body -r -F -d 'A whole request body; only flags are merged over it.'
complete -c glm -n '__glm_at "glm" "glm run"' -l messages -r -F -d 'The conversation so far, as JSON or JSON Lines.'
complete -c glm -n '__glm_at "glm" "glm run"' -l prompt-form -d 'Send {"prompt": …} instead of messages.'
complete -c glm -n '__glm_at "glm" "glm run"' -l no-stream -d 'Ask for one JSON answer.'
complete -c glm -n '__glm_at "glm" "glm run"' -l json -d 'One JSON object at the end.'
complete -c glm -n '__glm_at "glm" "glm run"' -l jsonl -d 'One JSON event a line, as it happens.'
complete -c glm -n '__glm_at "glm" "glm run"' -l output -r -F -d 'Write the answer there as well.'
complete -c glm -n '__glm_at "glm" "glm run"' -s x -l extract -d 'Print the first code block alone.'
complete -c glm -n '__glm_at "glm" "glm run"' -l extract-last -d 'Print the last code block alone.'
complete -c glm -n '__glm_at "glm" "glm run"' -l extract-all -d 'Print all code blocks and nothing else.'
complete -c glm -n '__glm_at "glm" "glm run"' -l copy -d 'Copy what is printed to the clipboard as well.'
complete -c glm -n '__glm_at "glm" "glm run"' -l dry-run -d 'Print the request body; send nothing.'
complete -c glm -n '__glm_at "glm" "glm run"' -l save -x -d 'Keep the flags and the prompt as a template; send nothing.'
complete -c glm -n '__glm_at "glm" "glm run"' -l curl -d 'Print a curl command that sends the same; send nothing.'
complete -c glm -n '__glm_at "glm sessions list"' -s l -l limit -x -d 'How many; 0 for all.'
complete -c glm -n '__glm_at "glm sessions list" "glm sessions show" "glm sessions search" "glm sessions usage" "glm config show" "glm config profiles" "glm config params" "glm config doctor" "glm config templates list"' -l json -d 'One JSON value for scripts.'
complete -c glm -n '__glm_at "glm sessions show" "glm sessions export"' -l reasoning -d 'Show what the model thought, too.'
complete -c glm -n '__glm_at "glm sessions show"' -s r -l raw -d 'Answers as Markdown source, on a terminal too.'
complete -c glm -n '__glm_at "glm sessions show"' -l plain -d 'Answers line by line, without frames.'
complete -c glm -n '__glm_at "glm sessions export"' -l format -x -a 'md json jsonl html body' -d 'md and html to read; json with everything that is stored, jsonl with one message a line, body as the request that goes on with it.'
complete -c glm -n '__glm_at "glm sessions export"' -s o -l output -r -F -d 'Else standard output.'
complete -c glm -n '__glm_at "glm sessions export"' -l force -d 'Write over a file that is there.'
complete -c glm -n '__glm_at "glm sessions search"' -s l -l limit -x -d 'How many messages; 0 for all.'
complete -c glm -n '__glm_at "glm sessions rm"' -l older-than -x -d 'Those not used for 12h, 30d or 8w, say.'
complete -c glm -n '__glm_at "glm sessions rm"' -s y -l yes -d 'Do not ask.'
complete -c glm -n '__glm_at "glm tools list" "glm tools rules"' -l json -d 'As one JSON list.'
complete -c glm -n '__glm_at "glm tools list"' -l servers -d 'Start the MCP servers, for what they offer.'
complete -c glm -n '__glm_at "glm tools call"' -l args -x -d 'Its arguments, or a custom tool\'s input; @- is stdin.'
complete -c glm -n '__glm_at "glm tools call"' -l functions -x -a '(__fish_complete_suffix .py)' -d 'Look for it in this file.'
complete -c glm -n '__glm_at "glm tools call"' -l root -x -a '(__fish_complete_directories)' -d 'A folder for the file tools (the working one).'
complete -c glm -n '__glm_at "glm tools add"' -l name -x -d 'The name of an MCP server.'
complete -c glm -n '__glm_at "glm tools add"' -l mcp -d 'The words are the command of an MCP server.'
complete -c glm -n '__glm_at "glm tools add"' -l env -x -d 'A variable for the MCP server; ${VAR} works.'
complete -c glm -n '__glm_at "glm tools add"' -l header -x -d 'A header for its URL; ${VAR} works.'
complete -c glm -n '__glm_at "glm tools add"' -l link -d 'Link the file instead of copying it.'
complete -c glm -n '__glm_at "glm tools add"' -l force -d 'In place of what has the name now.'
complete -c glm -n '__glm_at "glm tools rules"' -l revoke -x -d 'Take back this rule (repeatable).'
complete -c glm -n '__glm_at "glm config login"' -l token-stdin -d 'Read the token from stdin.'
complete -c glm -n '__glm_at "glm config login"' -l account -x -d 'The account to use.'
complete -c glm -n '__glm_at "glm config login"' -l keyring -d 'Keep the token in the keyring of the system (Python package keyring).'
complete -c glm -n '__glm_at "glm config local status"' -l json -d 'One JSON object.'
complete -c glm -n '__glm_at "glm serve"' -l port -x -d 'The port; 0 takes any free one.'
complete -c glm -n '__glm_at "glm serve"' -l pace -x -d 'Seconds between two tokens.'
complete -c glm -n '__glm_at "glm serve"' -l record -r -F -d 'Add every exchange to FILE.'
complete -c glm -n '__glm_at "glm serve"' -l replay -r -F -d 'Answer from such a FILE.'
complete -c glm -n '__glm_at_argument 1 "glm"' -a run -d 'One prompt in, one answer out.'
complete -c glm -n '__glm_at_argument 1 "glm"' -a chat -d 'Talk in the terminal, turn by turn.'
complete -c glm -n '__glm_at_argument 1 "glm"' -a sessions -d 'Stored conversations.'
complete -c glm -n '__glm_at_argument 1 "glm"' -a tools -d 'Functions, programs and MCP servers that the model may call.'
complete -c glm -n '__glm_at_argument 1 "glm"' -a config -d 'Settings, credentials, diagnosis.'
complete -c glm -n '__glm_at_argument 1 "glm"' -a serve -d 'The demo endpoint in the foreground, to test scripts against.'
complete -c glm -n '__glm_at_argument 1 "glm sessions"' -a list -d 'The conversations used last.'
complete -c glm -n '__glm_at_argument 1 "glm sessions"' -a show -d 'One conversation, to read. On a terminal its answers are rendered.'
complete -c glm -n '__glm_at_argument 1 "glm sessions"' -a export -d 'One conversation as a file.'
complete -c glm -n '__glm_at_argument 1 "glm sessions"' -a search -d 'Find messages in all conversations: prompts, answers, thinking and calls of tools.'
complete -c glm -n '__glm_at_argument 1 "glm sessions"' -a usage -d 'What the conversations used and cost, each and in all. Dollars are those of the price list, for Workers AI.'
complete -c glm -n '__glm_at_argument 1 "glm sessions"' -a rename -d 'Give a conversation a name.'
complete -c glm -n '__glm_at_argument 1 "glm sessions"' -a fork -d 'Copy a conversation, to go on with the copy.'
complete -c glm -n '__glm_at_argument 1 "glm sessions"' -a import -d 'Bring in a conversation from a file, with the branches that it left.'
complete -c glm -n '__glm_at_argument 1 "glm sessions"' -a rm -d 'Remove conversations for good. --older-than asks first where there is a terminal.'
complete -c glm -n '__glm_at_argument 1 "glm tools"' -a list -d 'List all tools. When you are asked about calls, where they come from, and what they are for.'
complete -c glm -n '__glm_at_argument 1 "glm tools"' -a show -d 'Print a tool\'s definition as it is sent.'
complete -c glm -n '__glm_at_argument 1 "glm tools"' -a check -d 'Check definitions. By the request schema, JSON Schema, their grammar, and the rules of strict mode.'
complete -c glm -n '__glm_at_argument 1 "glm tools"' -a call -d 'Run a tool without a model. Prints what the model would get, and asks nobody. The exit status is 2 where the'
complete -c glm -n '__glm_at_argument 1 "glm tools"' -a add -d 'Keep a file of tools or a server. A Python file of functions, a definition with its program, an MCP server, or'
complete -c glm -n '__glm_at_argument 1 "glm tools"' -a rm -d 'Remove what was kept. A file goes with the program that belongs to it; of a link, the file it leads to'
complete -c glm -n '__glm_at_argument 1 "glm tools"' -a rules -d 'List what was approved for good, and take it back.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a show -d 'Every setting with its value and where that comes from.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a get -d 'The value that holds for one key.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a set -d 'Write one key to config.toml; comments stay.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a unset -d 'Take one key, or a whole profile, out of config.toml.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a edit -d 'Open config.toml in $VISUAL or $EDITOR, and check it afterwards.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a path -d 'Where config.toml is, or would be.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a profiles -d 'Every profile, its endpoint, and which one is used.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a params -d 'Every request field: its flag, type, bounds and default, and where it is set now.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a login -d 'Store a token for a profile, after trying it.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a logout -d 'Forget the stored token of a profile.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a doctor -d 'Check token, account, endpoint, network, files and terminal.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a templates -d 'Prompts with variables, for -t; alone it lists them.'
complete -c glm -n '__glm_at_argument 1 "glm config"' -a local -d 'The model that --profile local runs on this machine.'
complete -c glm -n '__glm_at_argument 1 "glm config templates"' -a list -d 'Every template with its variables and what it is for.'
complete -c glm -n '__glm_at_argument 1 "glm config templates"' -a show -d 'Print a template as it stands in its file.'
complete -c glm -n '__glm_at_argument 1 "glm config templates"' -a edit -d 'Open a template in $VISUAL or $EDITOR. A new one begins with an example; it is checked afterwards.'
complete -c glm -n '__glm_at_argument 1 "glm config templates"' -a rm -d 'Remove templates.'
complete -c glm -n '__glm_at_argument 1 "glm config templates"' -a path -d 'Where a template is, or all of them are, or would be.'
complete -c glm -n '__glm_at_argument 1 "glm config local"' -a install -d 'Fetch a tiny model for demonstration (93 MB), or take a GGUF file of yours.'
complete -c glm -n '__glm_at_argument 1 "glm config local"' -a status -d 'Show the engine and the model; exit status 3 unless both are ready.'
complete -c glm -n '__glm_at_argument 1 "glm config local"' -a rm -d 'Delete the fetched model, and forget a file of yours without deleting it.'
complete -c glm -n '__glm_at_argument 1 "glm sessions import"' -F
complete -c glm -n '__glm_at_argument 1 "glm tools show"' -a '(__glm_tools)'
complete -c glm -n '__glm_at "glm tools check"' -a '(__glm_tools)'
complete -c glm -n '__glm_at_argument 1 "glm tools call"' -a '(__glm_tools)'
complete -c glm -n '__glm_at "glm tools add"' -F
complete -c glm -n '__glm_at "glm tools rm"' -a '(__glm_kept)'
complete -c glm -n '__glm_at_argument 1 "glm config get"' -a '(__glm_keys)'
complete -c glm -n '__glm_at_argument 1 "glm config set"' -a '(__glm_keys)'
complete -c glm -n '__glm_at_argument 2 "glm config set"' -a '(__glm_setting (__glm_key))'
complete -c glm -n '__glm_at_argument 2 "glm config set"; and test (__glm_key) = ca_bundle' -F
complete -c glm -n '__glm_at_argument 1 "glm config unset"' -a '(__glm_keys)'
complete -c glm -n '__glm_at_argument 1 "glm config templates show"' -a '(__glm_templates)'
complete -c glm -n '__glm_at_argument 1 "glm config templates edit"' -a '(__glm_templates)'
complete -c glm -n '__glm_at "glm config templates rm"' -a '(__glm_templates)'
complete -c glm -n '__glm_at_argument 1 "glm config templates path"' -a '(__glm_templates)'
complete -c glm -n '__glm_at_argument 1 "glm config local install"' -F
