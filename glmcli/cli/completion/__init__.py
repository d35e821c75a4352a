"""Completion for bash, zsh and fish, as static scripts written from the commands themselves.

    python -m glmcli.cli.completion completions

writes them anew; a test fails where they are stale. Completing starts no Python. `tree` reads the declaration, and
`bash`, `zsh` and `fish` each say it in the terms of one shell. No command of `glm` imports this package.
"""
