import { type Shown, takes } from './tables.ts'

export interface Completed {
  readonly commands: readonly Shown[]
  /** Operations by product. */
  readonly products: ReadonlyMap<string, readonly string[]>
}

/** Words that come after what is typed so far: `` (nothing yet), `audit`, ... */
export function nextWords(commands: readonly Shown[]): ReadonlyMap<string, readonly string[]> {
  const next = new Map<string, Set<string>>([['', new Set(['help'])]])
  for (const { name } of commands) {
    const words = name.split(' ')
    words.forEach((word, i) => {
      const before = words.slice(0, i).join(' ')
      next.set(before, (next.get(before) ?? new Set()).add(word))
    })
  }
  return new Map([...next].map(([before, words]) => [before, [...words].sort()]))
}

/** For bash, also the old one of macOS: no associative arrays, no bash-completion package. */
export function bashScript({ commands, products }: Completed): string {
  const flags = commands.map(
    ({ name, flags: own }) =>
      `    '${name}') flags='${own.map((flag) => `--${flag.name}`).join(' ')} --help' ;;`,
  )
  const values = commands.flatMap(({ name, flags: own }) =>
    own.flatMap((flag) => {
      const what = takes(flag)
      if (what === 'nothing') return []
      const reply =
        what === 'file'
          ? 'compgen -f -- "$word"'
          : what === 'folder'
            ? 'compgen -d -- "$word"'
            : what === 'text'
              ? 'true'
              : `compgen -W '${what.join(' ')}' -- "$word"`
      return [`    '${name} --${flag.name}') COMPREPLY=($(${reply})); return ;;`]
    }),
  )
  const words = [...nextWords(commands)].map(
    ([before, next]) => `    '${before}') words='${next.join(' ')}' ;;`,
  )
  const operations = [...products].map(
    ([product, names]) => `    '${product}') words='${names.join(' ')}' ;;`,
  )
  return `# bash completion for keyward; made by: keyward completion bash
_keyward() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command='' given=0 words='' flags='' i one
  local parts=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    one="\${COMP_WORDS[i]}"
    case "$one" in -*) ;; *) parts+=("$one") ;; esac
  done
  [ "\${parts[0]}" = help ] && parts=("\${parts[@]:1}")
  case "\${parts[0]} \${parts[1]}" in
${commands
  .filter(({ name }) => name.includes(' '))
  .map(({ name }) => `    '${name}') command='${name}'; given=2 ;;`)
  .join('\n')}
    *) command="\${parts[0]}"; given=1 ;;
  esac
  case "$command $before" in
${values.join('\n')}
  esac
  case "$command" in
${flags.join('\n')}
  esac
  if [ "\${word:0:1}" = - ]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
    return
  fi
  if [ "$command" = call ]; then
    case "\${#parts[@]}" in
      1) words='${[...products.keys()].join(' ')}' ;;
      2) case "\${parts[1]}" in
${operations.join('\n')}
    esac ;;
    esac
  else
    case "\${parts[*]}" in
${words.join('\n')}
    esac
  fi
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word"))
  else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _keyward keyward`
}
