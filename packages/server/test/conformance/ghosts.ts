import type { ExampleWorld } from '../../src/operations/testing/example-world.ts'

// A world that names what is not there: names and ids of the same form as those of a world that was made.

/** What is not the name or the id of a thing that may be there or not. */
const NO_NAMES = new Set([
  'accountUid',
  'projectId',
  'ciphertextBlob',
  'newName',
  'document',
  'scp',
  'delegatedService',
  'diagnosticMessage',
  'signingAlgorithm',
  'encryptingAlgorithm',
  'macAlgorithm',
  'wrappingKeySpec',
  'wrappingAlgorithm',
])

const GROUPS = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ']

/** Another text of the same form: its last letters and digits are others, hexadecimal digits stay such. */
function another(text: string): string {
  return text.replace(/\w{1,4}$/, (end) =>
    [...end]
      .map((letter) => {
        const group = GROUPS.find((one) => one.includes(letter))
        return group ? group[(group.indexOf(letter) + 3) % group.length] : letter
      })
      .join(''),
  )
}

export interface Ghosts {
  readonly world: ExampleWorld
  /** An answer with what it names taken out, so that answers about what is there and what is not can be compared. */
  anonymous(answer: Readonly<Record<string, unknown>>): string
}

/** Names that the answers of two requests cannot have in common. */
const OF_ONE_REQUEST = new Set([
  'RequestId',
  'request_id',
  'EncodedDiagnosticMessage',
  'encoded_authorization_message',
])

export function ghostsOf(world: ExampleWorld): Ghosts {
  const names = new Set<string>()
  const change = (part: object): object =>
    Object.fromEntries(
      Object.entries(part).map(([name, value]) => {
        if (typeof value === 'object' && value !== null) return [name, change(value)]
        if (typeof value !== 'string' || NO_NAMES.has(name) || !/^[\w.:/@-]{4,128}$/.test(value))
          return [name, value]
        names.add(value).add(another(value))
        return [name, another(value)]
      }),
    )
  const changed = change(world) as ExampleWorld
  const longestFirst = [...names].sort((a, b) => b.length - a.length)
  return {
    world: changed,
    anonymous: (answer) =>
      longestFirst.reduce(
        (text, name) => text.replaceAll(name, '<name>'),
        JSON.stringify(answer, (name, value) => (OF_ONE_REQUEST.has(name) ? '' : value)),
      ),
  }
}
