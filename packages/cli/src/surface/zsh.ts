import type { Completed } from './bash.ts'
import { nextWords } from './bash.ts'
import { takes } from './tables.ts'

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
/** A description within `_arguments`: colons and brackets have a meaning there. */
const described = (text: string) => text.replace(/[[\]:\\]/g, '\\$&').split(/(?<=[.;]) /)[0]!

/** For zsh: the file `_keyward` of a folder in fpath, or sourced. */
export function zshScript({ commands, products }: Completed): string {
  const flags = commands.map(({ name, flags: own }) => {
    const rows = own.map((flag) => {
      const what = takes(flag)
      const again = flag.type === 'list' || flag.type === 'files' ? '*' : ''
      const value =
        what === 'nothing'
          ? ''
          : what === 'file'
            ? ':file:_files'
            : what === 'folder'
              ? ':folder:_files -/'
              : what === 'text'
                ? `:${(flag.value ?? 'value').replace(/[:|]/g, ' ')}: `
                : `:value:(${what.join(' ')})`
      return quoted(`${again}--${flag.name}[${described(flag.description)}]${value}`)
    })
    return `    ${quoted(name)}) flags=(${rows.join(' ')}) ;;`
  })
  const words = [...nextWords(commands)].map(
    ([before, next]) => `    ${quoted(before)}) next=(${next.join(' ')}) ;;`,
  )
  const operations = [...products].map(([product, names]) => `      ${product}) next=(${names.join(' ')}) ;;`)
  return `#compdef keyward
# zsh completion for keyward; made by: keyward completion zsh
_keyward() {
  local -a parts flags next
  local command='' i
  for ((i = 2; i < CURRENT; i++)); do [[ $words[i] == -* ]] || parts+=($words[i]); done
  [[ $parts[1] == help ]] && shift parts
  case "$parts[1] $parts[2]" in
${commands
  .filter(({ name }) => name.includes(' '))
  .map(({ name }) => `    ${quoted(name)}) command=${quoted(name)} ;;`)
  .join('\n')}
    *) command=$parts[1] ;;
  esac
  case "$command" in
${flags.join('\n')}
  esac
  if [[ $command == call && $#parts -eq 1 ]]; then next=(${[...products.keys()].join(' ')})
  elif [[ $command == call && $#parts -eq 2 ]]; then
    case "$parts[2]" in
${operations.join('\n')}
    esac
  else
    case "$parts" in
${words.join('\n')}
    esac
  fi
  if [[ $#next -gt 0 && $words[CURRENT] != -* ]]; then compadd -a next; return; fi
  _arguments $flags '--help[explain the command]' '*:file:_files'
}
if [[ $funcstack[1] == _keyward ]]; then _keyward "$@"; else compdef _keyward keyward; fi`
}
