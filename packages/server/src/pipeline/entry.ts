import { hash, type KeyObject } from 'node:crypto'
import type { AuditEntry, AuditedCheck } from '../audit/audit.ts'
import { timed } from '../base/call-watch.ts'
import { isDigested, isSecret } from '../base/secret.ts'
import type { MaybePromise } from '../base/when-ready.ts'
import type { Call } from './answer.ts'
import type { DecidedCheck } from './decision.ts'
import type { FactValue, Operation } from './operation.ts'
import type { PipelineParts } from './parts.ts'

/** Longest text of an input that an audit entry repeats; a longer one stands there as its length and digest. */
const LONGEST_TEXT = 1024

/** What the audit writes of a call. `digestKey` keys the digests of encryption-context values. */
export function auditEntry(
  call: Call,
  decided: readonly DecidedCheck[],
  outcome: string,
  digestKey: KeyObject,
  warnings?: readonly string[],
): AuditEntry {
  const { caller, connection, operation } = call
  return {
    requestId: connection.requestId,
    time: timeText(connection.receivedAt),
    operation: operation.name,
    account: caller.account.uid,
    caller: caller.arn,
    accessKeyId: caller.accessKeyId,
    source: connection.sourceAddress,
    checks: decided.map((one) => auditedCheck(one, digestKey)),
    outcome,
    input: writableInput(operation, call.input, digestKey),
    ...(warnings?.length ? { warnings } : {}),
  }
}

/** Waits until the entry of a call that wrote nothing is durable. */
export function record(
  parts: PipelineParts,
  call: Call,
  decided: readonly DecidedCheck[],
  outcome: string,
  nonce: Call['nonce'],
): MaybePromise<void> {
  const entry = auditEntry(call, decided, outcome, parts.digestKey)
  return timed(call.watch, 'audit', () => parts.audit.record(entry, nonce))
}

function auditedCheck({ check, decision, facts }: DecidedCheck, digestKey: KeyObject): AuditedCheck {
  return {
    action: check.action,
    resource: check.resource,
    decision: decision.allowed ? 'Allow' : 'Deny',
    reason: decision.reason,
    by: deciderOf(decision),
    ...(facts.size > 0 ? { facts: writableFacts(facts, digestKey) } : {}),
  }
}

function deciderOf({ layer, policy, statement }: DecidedCheck['decision']): string {
  const named = policy === undefined ? layer : `${layer}/${policy}`
  return statement === undefined ? named : `${named}/${statement}`
}

let lastTime = { at: Number.NaN, text: '' }

/** Calls that come within a millisecond have one text. */
function timeText(at: number): string {
  if (at !== lastTime.at) lastTime = { at, text: new Date(at).toISOString() }
  return lastTime.text
}

function writableFacts(
  facts: ReadonlyMap<string, FactValue>,
  digestKey: KeyObject,
): Record<string, FactValue> {
  const out: Record<string, FactValue> = {}
  for (const [key, value] of facts) {
    out[key] = key.startsWith('kms:encryptioncontext:') ? digest(digestKey, String(value)) : value
  }
  return out
}

type Writer = (value: unknown, digestKey: KeyObject) => unknown

type Members = readonly (readonly [name: string, write: Writer])[]

const writers = new WeakMap<Operation, Members>()

/** The input without its secrets: only members that the schema knows, by what the schema says of them. */
function writableInput(operation: Operation, input: Record<string, unknown>, digestKey: KeyObject) {
  let known = writers.get(operation)
  if (!known) {
    known = membersOf(operation.input)
    writers.set(operation, known)
  }
  return writeMembers(known, input, digestKey)
}

function writeMembers(members: Members, value: Record<string, unknown>, digestKey: KeyObject) {
  const out: Record<string, unknown> = {}
  for (const [name, write] of members) {
    if (value[name] !== undefined) out[name] = write(value[name], digestKey)
  }
  return out
}

interface SchemaView {
  readonly type?: string
  readonly properties?: Readonly<Record<string, SchemaView>>
  readonly patternProperties?: Readonly<Record<string, SchemaView>>
  readonly items?: SchemaView
}

/** In the order in which the audit has them, so that no entry need be put in order. */
function membersOf(schema: SchemaView): Members {
  return Object.entries(schema.properties ?? {})
    .filter(([, member]) => !isSecret(member))
    .map(([name, member]) => [name, writerOf(member)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
}

function writerOf(schema: SchemaView): Writer {
  if (isDigested(schema)) return digestValues
  const [named] = Object.values(schema.patternProperties ?? {})
  if (named && !isSecret(named)) return namedWriter(writerOf(named))
  if (schema.type === 'object') {
    const members = membersOf(schema)
    return (value, key) => (isRecord(value) ? writeMembers(members, value, key) : shapeOnly(value))
  }
  if (schema.type === 'array' && schema.items) {
    const { items } = schema
    if (isSecret(items)) return shapeOnly
    const write = writerOf(items)
    return (value, key) =>
      Array.isArray(value) ? value.slice(0, 50).map((item) => write(item, key)) : shapeOnly(value)
  }
  return plainValue
}

/** Values whose names the schema does not know. */
function namedWriter(write: Writer): Writer {
  return (value, key) =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, write(one, key)]))
      : shapeOnly(value)
}

function plainValue(value: unknown, digestKey: KeyObject): unknown {
  if (typeof value === 'string') {
    return value.length <= LONGEST_TEXT
      ? value
      : `${value.length} characters, digest ${digest(digestKey, value)}`
  }
  return typeof value === 'number' || typeof value === 'boolean' ? value : shapeOnly(value)
}

/** Only what kind of value it was: the value has another type than the schema gives, and may hold anything. */
function shapeOnly(value: unknown): string {
  return Array.isArray(value) ? '(list)' : `(${typeof value})`
}

function digestValues(value: unknown, digestKey: KeyObject): unknown {
  if (!isRecord(value)) return shapeOnly(value)
  // Defined, not set: a name may be `__proto__`, and is one like any other.
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, digest(digestKey, String(one))]),
  )
}

const prefixes = new WeakMap<KeyObject, string>()

/**
 * SHA-256 over the secret key and the text, cut in half: nobody without the key can tell whether a guess is right, and
 * from half a state nothing can be extended. One hash, where an HMAC would cost several times as much on every call.
 */
function digest(key: KeyObject, text: string): string {
  let prefix = prefixes.get(key)
  if (prefix === undefined) {
    prefix = key.export().toString('hex')
    prefixes.set(key, prefix)
  }
  return hash('sha256', prefix + text).slice(0, 32)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
