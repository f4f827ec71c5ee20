import type { Completed } from './bash.ts'
import { nextWords } from './bash.ts'
import { takes } from './tables.ts'

const quoted = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`

/** For fish. */
export function fishScript({ commands, products }: Completed): string {
  const summaries = new Map(commands.map(({ name, summary }) => [name, summary]))
  const words = [...nextWords(commands)].flatMap(([before, next]) =>
    next.map((word) => {
      const name = `${before} ${word}`.trim()
      const about = summaries.get(name)
      return `complete -c keyward -f -n ${quoted(`__keyward_after ${before}`.trim())} -a ${word}${about ? ` -d ${quoted(about)}` : ''}`
    }),
  )
  const calls = [
    `complete -c keyward -f -n '__keyward_after call' -a ${quoted([...products.keys()].join(' '))}`,
    ...[...products].map(
      ([product, names]) =>
        `complete -c keyward -f -n '__keyward_after call ${product}' -a ${quoted(names.join(' '))}`,
    ),
  ]
  const flags = commands.flatMap(({ name, flags: own }) =>
    own.map((flag) => {
      const what = takes(flag)
      const value =
        what === 'nothing'
          ? ''
          : what === 'file'
            ? ' -r -F'
            : what === 'folder'
              ? " -x -a '(__fish_complete_directories)'"
              : what === 'text'
                ? ' -x'
                : ` -x -a ${quoted(what.join(' '))}`
      const about = quoted(flag.description.split(/(?<=[.;]) /)[0]!)
      return `complete -c keyward -n '__keyward_within ${name}' -l ${flag.name}${value} -d ${about}`
    }),
  )
  return `# fish completion for keyward; made by: keyward completion fish
function __keyward_words
  set -l words (commandline -opc)
  set -e words[1]
  test "$words[1]" = help; and set -e words[1]
  string match -v -- '-*' $words
end
function __keyward_after
  test "$(__keyward_words | string join ' ')" = "$(string join ' ' -- $argv)"
end
function __keyward_within
  set -l words (__keyward_words)
  test "$(string join ' ' -- $words[1..(count $argv)])" = "$(string join ' ' -- $argv)"
end
${[...words, ...calls, ...flags].join('\n')}`
}
