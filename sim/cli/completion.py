"""Print a script that lets a shell complete commands, keys and choices of the console script fire-response-sim.

bash: source <(fire-response-sim completion bash)
zsh:  source <(fire-response-sim completion zsh)
"""

from __future__ import annotations

import importlib
import sys

from sim.cli.commands import COMMANDS
from sim.config.compose import known_keys, options
from sim.errors import SimError, did_you_mean
from sim.options import Asked, Usage

SHELLS = ("bash", "zsh")
USAGE = Usage(words="bash|zsh", least=1, most=1)
ZSH = "autoload -U +X bashcompinit && bashcompinit\n"
SCRIPT = """\
_fire_response_sim() {{
  local line="${{COMP_LINE:0:$COMP_POINT}}" words keys="{keys}"
  local word="${{line##* }}"
  case "${{COMP_WORDS[1]}}" in
{cases}
    *) words="-m $keys";;
  esac
  [ "$COMP_CWORD" = 1 ] && words="{commands} $words"
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  # bash hands over only what follows the equals sign
  if [ -z "${{ZSH_VERSION:-}}" ] && [[ "$word" == *=* && "$COMP_WORDBREAKS" == *=* ]]; then
    COMPREPLY=("${{COMPREPLY[@]#"${{word%%=*}}="}}")
  fi
  [[ "${{COMPREPLY[0]:-}}" == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}}
complete -o default -F _fire_response_sim fire-response-sim
"""


def run(asked: Asked) -> int:
    """Print the script for a shell."""
    shell = asked.words[0]
    if shell not in SHELLS:
        raise SimError(f"the shell is {shell!r}{did_you_mean(shell, SHELLS)}; allowed: {', '.join(SHELLS)}.")
    cases = []
    for name, command in COMMANDS.items():
        usage: Usage = importlib.import_module(command.module).USAGE
        words = [*usage.completions(), *(SHELLS if name == "completion" else ())]
        keys_too = " $keys" if usage.configuration else ""
        cases.append(f'    {name}) words="{" ".join(words)}{keys_too}";;')
    keys = [
        f"{key}={choice}" if choice else f"{key}="
        for key in known_keys()
        for choice in (options(key) or [""])
    ]
    script = SCRIPT.format(cases="\n".join(cases), keys=" ".join(keys), commands=" ".join(COMMANDS))
    sys.stdout.write((ZSH if shell == "zsh" else "") + script)
    return 0
