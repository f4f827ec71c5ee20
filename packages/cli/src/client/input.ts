import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { didYouMean } from '@keyward/policy'
import { bindingOf, type Operation } from '@keyward/server/client'
import { misused } from '../exit.ts'
import { type Parameter, parametersOf } from './operations.ts'

/** KMS parameters whose value is Base64, where the newline at the end of a file means nothing. */
const BASE64: ReadonlySet<string> = new Set([
  'CiphertextBlob',
  'Digest',
  'EncryptedKeyMaterial',
  'ImportToken',
  'Mac',
  'PublicKeyBlob',
  'Value',
])

/**
 * Reads the `NAME=VALUE` words of `keyward call`. `NAME=@FILE` takes the content of a file, `NAME=@@x` is the text
 * `@x`. Values stay text but where the input is JSON and wants a number, a boolean or a list.
 */
export function readInput(
  operation: Operation,
  words: readonly string[],
  folder: string,
): Record<string, unknown> {
  const parameters = parametersOf(operation)
  const isRpc = bindingOf(operation).wire === 'alibaba'
  const input: Record<string, unknown> = {}
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals < 1) throw misused(`\`${word}\` is not a parameter: write NAME=VALUE`)
    const name = word.slice(0, equals)
    const value = contentOf(word.slice(equals + 1), folder)
    const isBase64 = isRpc && BASE64.has(name)
    const text = isBase64 ? value.replace(/\r?\n$/, '') : value
    if (isRpc) {
      // Lists and maps come in dotted parts: Tag.1.TagKey, EncryptionContext.Project.
      known(parameters, name.split('.')[0] ?? name)
      if (Object.hasOwn(input, name)) throw givenTwice(name)
      input[name] = text
    } else place(input, knownDeep(operation, parameters, name), text)
  }
  const missing = parameters.filter((one) => one.required && !isGiven(input, one)).map((one) => one.name)
  if (missing.length > 0) {
    throw misused(`${operation.name} wants ${missing.map((name) => `\`${name}=\``).join(', ')} as well`)
  }
  return input
}

function known(parameters: readonly Parameter[], name: string): Parameter {
  // The wire's own names are in the vendors' documents: `keypair_name`, `keypair.name`, or the whole `keypair` as JSON.
  const found =
    parameters.find((one) => one.name === name) ?? parameters.find((one) => one.path.join('.') === name)
  if (found) return found
  if (parameters.some(({ path }) => path.length === 2 && path[0] === name))
    return { name, path: [name], type: 'object', required: false }
  const names = parameters.map((one) => one.name)
  throw misused(
    `unknown parameter \`${name}\`${didYouMean(name, names) || `; there are ${names.join(', ') || 'none'}`}`,
  )
}

function isGiven(input: Record<string, unknown>, { path: [first, second] }: Parameter): boolean {
  if (second !== undefined) return Object.hasOwn((input[first ?? ''] ?? {}) as object, second)
  return Object.keys(input).some((name) => name === first || name.startsWith(`${first}.`))
}

/** A parameter, or a part of one behind dots: `auth.type`, `server.auth.type`, `tasks.1.id` (numbers count from 1). */
function knownDeep(operation: Operation, parameters: readonly Parameter[], name: string): Parameter {
  const steps = name.split('.')
  for (let length = steps.length; length > 0; length -= 1) {
    const head = steps.slice(0, length).join('.')
    const whole = parameters.find((one) => one.name === head || one.path.join('.') === head)
    const group = parameters.find(({ path }) => path.length === 2 && path[0] === head)
    const path = whole?.path ?? (group && [head])
    if (!path) continue
    const rest = steps.slice(length)
    if (rest.length === 0) return known(parameters, name)
    const { type, steps: found } = memberType(operation.input, path, rest, name)
    return { name, path: [...path, ...found], type, required: false }
  }
  return known(parameters, name)
}

/** The type of a member behind dots, and its place. Stops with the members that there are. */
function memberType(
  schema: object,
  path: readonly string[],
  rest: readonly string[],
  name: string,
): { type: string; steps: readonly string[] } {
  let at = path.reduce<Schema | undefined>((one, step) => one?.properties?.[step], schema)
  const steps: string[] = []
  for (const step of rest) {
    const { properties = {}, items } = at ?? {}
    if (items && /^[1-9]\d{0,3}$/.test(step)) {
      at = items
      steps.push(String(Number(step) - 1))
      continue
    }
    if (items) throw misused(`\`${name}\`: a list takes numbers from 1 behind the dot, not \`${step}\``)
    const next = Object.hasOwn(properties, step) ? properties[step] : undefined
    if (!next) {
      const names = Object.keys(properties)
      throw misused(
        `unknown parameter \`${name}\`${didYouMean(step, names) || (names.length > 0 ? `; it has ${names.join(', ')}` : '; it has no members')}`,
      )
    }
    at = next
    steps.push(step)
  }
  return { type: at?.type ?? 'string', steps }
}

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

type Box = Record<string, unknown>

function place(input: Box, { name, path, type }: Parameter, text: string): void {
  const value = typed(text, type)
  let box: Box = input
  for (const [i, step] of path.slice(0, -1).entries()) {
    const inside = /^\d+$/.test(path[i + 1]!) ? [] : {}
    if (!Object.hasOwn(box, step)) box[step] = inside
    const next = box[step]
    if (typeof next !== 'object' || next === null) throw givenTwice(path.at(-1) ?? name)
    box = next as Box
  }
  const last = path.at(-1)!
  if (Object.hasOwn(box, last)) throw givenTwice(last)
  box[last] = value
}

/** Which of two values is meant is not ours to guess: one may be a slip that encrypts under the wrong key. */
function givenTwice(name: string) {
  return misused(`\`${name}\` is given more than once`)
}

/** Text that does not convert is sent as it is: the service then says what is wrong with it. */
function typed(text: string, type: string): unknown {
  if (type === 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function contentOf(text: string, folder: string): string {
  if (!text.startsWith('@')) return text
  if (text.startsWith('@@')) return text.slice(1)
  const file = resolve(folder, text.slice(1))
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw misused(`\`${file}\` cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
  // Bytes that are no UTF-8 would be replaced one by one, and what is sent would not be what the file holds.
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw misused(`\`${file}\` is not text in UTF-8: give it as Base64, such as NAME="$(base64 -w0 FILE)"`)
}
