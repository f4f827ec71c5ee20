import type { Command, Entry } from '../command.ts'
import { misused } from '../exit.ts'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { shownCommands } from './tables.ts'
import { zshScript } from './zsh.ts'

const shells = { bash: bashScript, zsh: zshScript, fish: fishScript }

/** Prints a script for a shell, made from the tables of commands, flags and operations. */
export const completionOf = (commands: Readonly<Record<string, Entry>>): Command => ({
  name: 'completion',
  usage: 'bash|zsh|fish',
  about:
    'Prints a script with which a shell completes commands, flags, their values, and the products and operations of `keyward call`. It asks nobody while you type.',
  examples: [
    ['source <(keyward completion bash)', 'bash, for this shell'],
    [
      'keyward completion bash > ~/.local/share/bash-completion/completions/keyward',
      'bash, for every shell to come',
    ],
    ['keyward completion zsh > ~/.zfunc/_keyward', 'zsh, where ~/.zfunc is in fpath'],
    ['keyward completion fish > ~/.config/fish/completions/keyward.fish', 'fish'],
  ],
  flags: [],
  words: [1, 1],
  async run(line, io) {
    const shell = line.words[0] ?? ''
    if (!Object.hasOwn(shells, shell))
      throw misused(`there is no completion for \`${shell}\`; it is one of ${Object.keys(shells).join(', ')}`)
    const { operationNames } = await import('../client/operations.ts')
    const products = new Map(
      [...operationNames()].map(([product, names]) => [
        product,
        names.map((name) => name.replace(/ .*/, '')),
      ]),
    )
    io.out(shells[shell as keyof typeof shells]({ commands: await shownCommands(commands), products }))
    return 0
  },
})
