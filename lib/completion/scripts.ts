/**
 * What a shell needs to complete kas: it hands the words to the hidden `kas complete <shell> -- …` and
 * shows what comes back. Lines of the answer are `value`, or `value<TAB>about`; the last one is
 * `:none`, `:files` or `:folders`, for what the shell completes better itself.
 */

import type { Shell } from "./types.ts";

/** The script of a shell. */
export function scriptFor(shell: Shell): string {
  return SCRIPTS[shell];
}

/** How a shell comes to load its script; for people. */
export function setupOf(shell: Shell): string {
  return SETUP[shell];
}

const SETUP: Readonly<Record<Shell, string>> = {
  bash: "Put this line into ~/.bashrc:  source <(kas completions bash)\n" +
    "With bash-completion, or on macOS:  kas completions bash > ~/.local/share/bash-completion/completions/kas",
  zsh:
    'Put this line into ~/.zshrc, behind "autoload -U compinit; compinit":  source <(kas completions zsh)\n' +
    "Or write it as _kas into a folder of your fpath",
  fish: "Run:  kas completions fish > ~/.config/fish/completions/kas.fish",
  powershell:
    "Put this line into your $PROFILE:  kas completions powershell | Out-String | Invoke-Expression",
};

// bash 3.2, as on macOS, has no compopt. bash splits words at "=" and ":" (COMP_WORDBREAKS) and replaces only the part behind the last one.
const BASH = String.raw`# kas completion for bash
_kas() {
  local IFS=$'\n' line cur=$2
  COMPREPLY=()
  while read -r line; do
    case $line in
    :none) ;;
    :files)
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$cur"))
      ;;
    :folders)
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -d -- "$cur"))
      ;;
    *) COMPREPLY+=("$line") ;;
    esac
  done < <("$1" complete bash -- "${"$"}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ ${"$"}{#COMPREPLY[@]} -eq 1 && ${"$"}{COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
  return 0
}
complete -F _kas kas
`;

const ZSH = String.raw`#compdef kas
# kas completion for zsh
_kas() {
  local line
  local -a described
  for line in "${"$"}{(@f)$("$words[1]" complete zsh -- "${"$"}{(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :none|'') ;;
      :files) _files ;;
      :folders) _files -/ ;;
      *$'\t'*) described+=("${"$"}{${"$"}{line%%$'\t'*}//:/\\:}:${"$"}{line#*$'\t'}") ;;
      *) described+=("${"$"}{line//:/\\:}") ;;
    esac
  done
  (( ${"$"}{#described} )) && _describe -t values 'kas' described
  return 0
}
if [ "$funcstack[1]" = "_kas" ]; then
  _kas "$@"
else
  compdef _kas kas
fi
`;

const FISH = String.raw`# kas completion for fish
function __kas_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($words[1] complete fish -- $words[2..-1] "$typed" 2>/dev/null)
        switch $line
            case ':none'
            case ':files'
                __fish_complete_path "$typed"
            case ':folders'
                __fish_complete_directories "$typed" ''
            case '*'
                echo $line
        end
    end
end
complete -c kas -f -a '(__kas_complete)'
`;

// Windows PowerShell drops empty words of native programs unless they are quoted twice.
const POWERSHELL = String.raw`# kas completion for PowerShell
Register-ArgumentCompleter -Native -CommandName kas -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') {
    if ($PSVersionTable.PSVersion -lt [version]'7.3') { $words += '""' } else { $words += '' }
  }
  kas complete powershell -- @words 2>$null | ForEach-Object {
    $value, $about = $_ -split ([char]9), 2
    if (-not $value.StartsWith(':')) {
      if (-not $about) { $about = $value }
      [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
    }
  }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};
