import { readInput } from './client/input.ts'
import { withItems } from './client/items.ts'
import { explainOperation, findOperation, operationNames } from './client/operations.ts'
import { openSession, rootSession, sessionFlags } from './client/profile.ts'
import { callOperation } from './client/send.ts'
import { whyDenied, withoutMessages } from './client/why.ts'
import type { Command } from './command.ts'
import { misused } from './exit.ts'
import { json, paint } from './io.ts'

/** Signs and sends one request, so that a policy can be tried without an SDK. */
export const call: Command = {
  name: 'call',
  usage: 'PRODUCT OPERATION [NAME=VALUE ...] [--as NAME]',
  about: `Sends one request to a running service and prints its answer as JSON. NAME=@FILE takes the value from a text file; bytes are given as Base64. The exit code is 3 when the call was denied, and 1 when a part of it was not done, such as a task that was not taken on.\nThe products and their operations; \`keyward help call PRODUCT OPERATION\` shows the parameters of one:\n${[
    ...operationNames(),
  ]
    .map(([product, names]) => `\n${product}: ${names.join(', ')}`)
    .join('')}`,
  topic: ([product, word]) => (product && word ? explainOperation(product, word) : undefined),
  examples: [
    [
      'keyward call kms CreateKey --get KeyMetadata.KeyId',
      'as the root of the account, printing the id alone',
    ],
    ['keyward call kms Encrypt KeyId=$KEY Plaintext=hello --as alice', 'as a user of the credentials file'],
    [
      'keyward call kms Encrypt KeyId=$KEY Plaintext=hello EncryptionContext.Project=A --as alice',
      'with a context',
    ],
    ['keyward call kps create name=laptop --as alice', 'on the other wire'],
    ['keyward call kms ListKeys --as bob --why', 'and why, if it is denied'],
  ],
  flags: [
    ...sessionFlags,
    {
      name: 'get',
      type: 'text',
      value: 'PATH',
      description:
        'Print one member of the answer, such as KeyMetadata.KeyId, without quotes; nothing when the call is refused.',
    },
    {
      name: 'why',
      type: 'switch',
      description:
        'Say of a denied call which statement forbids it, or that none allows it and which came nearest. The caller has to be allowed sts::decodeAuthorizationMessage; else the root key in the data folder is used, where it is there.',
    },
  ],
  words: [2, 200],
  async run(line, io) {
    const [product = '', word = '', ...parameters] = line.words
    const operation = findOperation(product, word)
    const input = readInput(operation, parameters, io.folder)
    const session = openSession(line, io)
    const answer = withItems(await callOperation(session, operation, input))
    const path = line.text('get')
    // With a path, standard output is the member or nothing: a refusal must not end up in a script's variable.
    if (path === undefined) {
      if (line.text('output') === 'text') for (const row of textRows(answer.content)) io.out(row)
      else {
        const shown = io.person.reads && line.text('output') !== 'json' && answer.exitCode !== 0
        io.out(json(io, shown ? withoutMessages(answer.content) : answer.content))
      }
    } else if (answer.exitCode === 0) {
      const value = member(answer.content, path)
      if (value === undefined) throw misused(`the answer has no \`${path}\`: ${json(io, answer.content)}`)
      io.out(typeof value === 'string' ? value : json(io, value))
    }
    for (const warning of answer.warnings ?? []) io.err(paint(io, 'yellow', `keyward: warning: ${warning}`))
    if (answer.sentence)
      io.err(paint(io, answer.exitCode === 3 ? 'yellow' : 'red', `keyward: ${answer.sentence}`))
    if (answer.exitCode === 3 && line.has('why')) {
      const root = rootSession(line, io)
      const who = line.text('as') ?? 'root'
      const why = await whyDenied(answer, who, root ? [session, root] : [session])
      for (const row of why ?? [unread]) io.err(`  ${row}`)
    } else if (answer.more) io.err(paint(io, 'dim', `keyward: ${answer.more}`))
    else if (answer.exitCode === 0 && io.person.reads && isEmptyList(answer.content))
      io.err(paint(io, 'dim', `keyward: ${emptyList(operation.name)}`))
    return answer.exitCode
  },
}

const unread =
  'why cannot be read here: it takes an identity of the account that is allowed sts::decodeAuthorizationMessage, or the root key in the data folder'

/** Whether an answer has lists, and nothing in any of them. */
function isEmptyList(content: unknown): boolean {
  const lists: unknown[][] = []
  const look = (value: unknown) => {
    if (Array.isArray(value)) lists.push(value)
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look)
  }
  look(content)
  return lists.length > 0 && lists.every(({ length }) => length === 0)
}

function emptyList(operation: string): string {
  if (operation === 'kps:ListKeypairs')
    return 'an empty list: a key pair is seen by the user who made it, or by the whole account where it was made with `scope=domain`'
  return 'an empty list: there is none of it, or none that the parameters ask for'
}

/** An answer as lines of a path and a value; `--get` takes the same paths. */
function textRows(content: unknown, path = ''): string[] {
  if (typeof content !== 'object' || content === null) return [`${path}\t${String(content)}`]
  return Object.entries(content).flatMap(([name, value]) => textRows(value, path ? `${path}.${name}` : name))
}

/** A member of nested JSON by its dotted path; a number picks from a list. */
function member(content: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    return (value as Record<string, unknown>)[name]
  }, content)
}
