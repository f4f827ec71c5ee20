import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from './command.ts'

/** Beside the program in a published package, at the top in a checkout. */
const FILE = ['../examples/world.yaml', '../../../examples/world.yaml']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url))

/** Prints the example world, so that there is something to apply. */
export const example: Command = {
  name: 'example',
  usage: '',
  about:
    'Prints a world file to begin with: two users, alice who may use keys and store secrets, and bob who may only see that keys exist, with their policies and access keys.',
  examples: [
    ['keyward example > world.yaml', 'a file to change'],
    ['keyward apply world.yaml', 'and to apply'],
  ],
  flags: [],
  words: [0, 0],
  async run(_line, io) {
    io.out(exampleWorld().trimEnd())
    return 0
  },
}

/** Where the example world lies. */
export function exampleFile(): string {
  if (FILE === undefined) throw new Error('this package comes without its example')
  return fileURLToPath(FILE)
}

/** The example world, without what is true only where it lies. */
export function exampleWorld(): string {
  return readFileSync(exampleFile(), 'utf8')
    .replace('examples/world.yaml', 'world.yaml')
    .replace(/^# (Editors complete|yaml-language-server:).*\n/gm, '')
}
