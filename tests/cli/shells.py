"""Asks bash, zsh and fish what their completion scripts offer.

PATH is empty there, unless told otherwise: completing starts no program.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest

COMPLETIONS = Path(__file__).parents[2] / "completions"
FILES = {"bash": "glm.bash", "zsh": "_glm", "fish": "glm.fish"}
PATIENCE = 20.0  # seconds


def shell(name: str) -> str:
    """Where the shell is; the test is skipped where it is nowhere."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def environment(place: Path) -> dict[str, str]:
    return {
        "HOME": str(place),
        "PATH": str(place / "empty"),
        "GLM_CONFIG_DIR": str(place / "settings"),
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }


def run(place: Path, *command: str, **variables: str) -> list[str]:
    """The lines that a command writes; nothing may stand on stderr."""
    done = subprocess.run(
        command,
        cwd=place,
        env=environment(place) | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.splitlines()


BASH = r"""
source "$1"
compopt() { printf 'compopt %s\n' "$*"; }
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("${@:3}")
COMP_CWORD=$(($# - 3))
set -u
_glm
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
true
"""


def in_bash(place: Path, line: str, **variables: str) -> list[str]:
    """What bash offers, as whole words, in the order of the script; its words are cut as readline cuts them."""
    words = re.findall(r"[=:@]+|[^\s=:@]+", line) + [""] * line.endswith(" ")
    offered = run(
        place, shell("bash"), "--norc", "-c", BASH, "bash", str(COMPLETIONS / "glm.bash"), line, *words, **variables
    )
    kept = re.sub(r"[^=:@]*$", "", line.rpartition(" ")[2])
    return [it if it.startswith("compopt ") else kept + it for it in offered]


def in_fish(place: Path, line: str, **variables: str) -> list[str]:
    """What fish offers, help left out."""
    return [it.partition("\t")[0] for it in fish_lines(place, line, **variables)]


def fish_lines(place: Path, line: str, **variables: str) -> list[str]:
    script = "source $argv[1]; complete -C $argv[2]; or true"
    return run(place, shell("fish"), "-N", "-c", script, str(COMPLETIONS / "glm.fish"), line, **variables)


ZSH = r"""
unsetopt zle_bracketed_paste prompt_sp
PS1= PS2=
fpath=(@FOLDER@ $fpath)
autoload -Uz compinit
compinit -D -u
bindkey -e
result=$PWD/result

compadd() {
  local -a hits helps
  local suffix
  if (( ! ${argv[(I)-[AOD]]} )); then
    builtin compadd -O hits "$@"
    (( ${argv[(I)-qS]} )) && suffix=$argv[argv[(i)-qS]+1]
    found+=("$IPREFIX"$^hits"$suffix")
    [[ -n ${argv[(r)-[a-zA-Z]#d*]} ]] && helps=("${(@P)argv[argv[(i)-*d] + 1]}") && described+=("${(@)helps}")
  fi
  builtin compadd "$@"
}
capture() {
  typeset -gaU found=()
  typeset -ga described=()
  _main_complete
  compstate[insert]= compstate[list]=
  { print -rl -- $found; print -rl -- --help-- $described } >$result
  print DONE >/dev/tty
}
zle -C capture complete-word capture
bindkey '^T' capture
glm() { print -rl -- "$@" >$result; print DONE >/dev/tty }
zle-line-init() { print READY >/dev/tty }
zle -N zle-line-init
"""


class Zsh:
    """An interactive zsh that is asked what it would offer."""

    def __init__(self, place: Path) -> None:
        self.result = place / "result"
        start = place / ".zshrc"
        start.write_text(ZSH.replace("@FOLDER@", str(COMPLETIONS)))
        variables = environment(place) | {"ZDOTDIR": str(place)}
        self.child = pexpect.spawn(
            shell("zsh"), ["-d", "-i"], cwd=str(place), env=variables, encoding="utf-8", timeout=PATIENCE, echo=False
        )
        self.child.expect("READY")

    def send(self, keys: str) -> list[str]:
        """What is left in the result after these keys."""
        self.child.send(f"\x15{keys}")
        self.child.expect("DONE")
        return self.result.read_text().splitlines()

    def offered(self, line: str) -> tuple[list[str], list[str]]:
        """The candidates, and the lines that are shown for those with a help text."""
        lines = self.send(f"{line}\x14")
        at = lines.index("--help--")
        return [it for it in lines[:at] if it], [it for it in lines[at + 1 :] if it]


class Bash:
    """An interactive bash in which `glm` writes down its arguments."""

    def __init__(self, place: Path) -> None:
        self.result = place / "result"
        start = place / "bashrc"
        start.write_text(
            f"source '{COMPLETIONS / 'glm.bash'}'\n"
            "bind 'set enable-bracketed-paste off'\n"
            "glm() { printf '%s\\n' \"$@\" >result; echo DONE; }\n"
            "PS1='READY>'\n"
        )
        self.child = pexpect.spawn(
            shell("bash"),
            ["--noprofile", "--rcfile", str(start), "-i"],
            cwd=str(place),
            env=environment(place) | {"INPUTRC": "/dev/null"},
            encoding="utf-8",
            timeout=PATIENCE,
        )
        self.child.expect("READY>")

    def send(self, keys: str) -> list[str]:
        """What is left in the result after these keys."""
        self.child.send(keys)
        self.child.expect("DONE\r\nREADY>")
        return self.result.read_text().splitlines()
