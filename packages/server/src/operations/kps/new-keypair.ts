import { randomUUID } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { type Algorithm, algorithmNames, DEFAULT_ALGORITHM } from '../../keypairs/algorithms.ts'
import { insertCustody, type NewCustodyRow, sealPrivateKey } from '../../keypairs/custody.ts'
import { proveBelongs } from '../../keypairs/formats/proof.ts'
import { md5Fingerprint } from '../../keypairs/formats/public-key.ts'
import {
  MAX_PUBLIC_LINE,
  type PublicLine,
  parsePublicLine,
  writePublicLine,
} from '../../keypairs/formats/public-line.ts'
import { readPrivateKey } from '../../keypairs/formats/read-private-key.ts'
import { Malformed, parseField } from '../../keypairs/formats/reading.ts'
import { customaryFormat, writePrivateKey } from '../../keypairs/formats/write-private-key.ts'
import { generateKey } from '../../keypairs/generate.ts'
import { assertNameFree, insertKeypair, visibleTo } from '../../keypairs/pairs.ts'
import type { Check, DecidedRow } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, Scope, StateScope } from '../../pipeline/scope.ts'
import type { WriteHandle } from '../../store/store.ts'
import { closed, KeypairName, keypairCheck } from './common.ts'
import {
  decidedGuard,
  Encryption,
  type Guard,
  guardChecks,
  guardFacts,
  makeProtection,
  PrivateKeyText,
  resolveGuard,
} from './custody.ts'

/** What a new key pair is asked to be, in a call of its own or in a batch (reference: huawei-kps.md A.3). */
export const NewKeypair = Type.Object(
  {
    name: KeypairName,
    type: Type.Optional(Type.Union([Type.Literal('ssh'), Type.Literal('x509')])),
    // No secret, but a private key pasted here by mistake would be one.
    public_key: Type.Optional(Secret(Type.String({ minLength: 1, maxLength: MAX_PUBLIC_LINE }))),
    scope: Type.Optional(Type.Union([Type.Literal('user'), Type.Literal('domain')])),
    user_id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    // All of it: a private key that strays into another field is one still.
    key_protection: Type.Optional(
      Secret(Type.Object({ private_key: Type.Optional(PrivateKeyText), encryption: Encryption }, closed)),
    ),
    algorithm: Type.Optional(Type.Union(algorithmNames.map((name) => Type.Literal(name)))),
  },
  closed,
)
export type NewKeypair = Static<typeof NewKeypair>

export const MadeKeypair = Type.Object({
  name: Type.String(),
  type: Type.String(),
  public_key: Type.String(),
  private_key: Type.Optional(Secret(Type.String())),
  fingerprint: Type.String(),
  user_id: Type.String(),
})

/** What is to be made: an imported public key, or a new one of an algorithm; and how its private key is kept. */
export interface NewTarget {
  readonly imported: PublicLine | undefined
  readonly algorithm: Algorithm
  readonly guard: Guard | undefined
}

export async function resolveNew(scope: ResolveScope, asked: NewKeypair, field: string): Promise<NewTarget> {
  const invalid = (member: string, detail: string) =>
    refuse({ code: 'InvalidParameter', name: `${field}.${member}`, detail })
  if (asked.type === 'x509') throw invalid('type', 'key pairs of type `x509` are not offered, use `ssh`')
  if (asked.user_id !== undefined && asked.user_id !== scope.caller.iamId) {
    throw invalid('user_id', 'the owner of a new key pair is the caller')
  }
  const { public_key, key_protection } = asked
  const protection = `${field}.key_protection`
  const guard =
    key_protection && (await resolveGuard(scope, key_protection.encryption, `${protection}.encryption`))
  const wanted = asked.algorithm as Algorithm | undefined
  if (public_key === undefined) {
    if (key_protection?.private_key !== undefined) {
      throw invalid(
        'key_protection.private_key',
        'a private key comes with its `public_key`, or is generated',
      )
    }
    return { imported: undefined, algorithm: wanted ?? DEFAULT_ALGORITHM, guard }
  }
  if (key_protection && key_protection.private_key === undefined) {
    throw invalid('key_protection.private_key', 'an imported public key is kept with its private key')
  }
  const imported = parseField(`${field}.public_key`, () => parsePublicLine(public_key))
  if (wanted !== undefined && wanted !== imported.algorithm) {
    throw invalid('algorithm', `the public key is of algorithm \`${imported.algorithm}\``)
  }
  return { imported, algorithm: imported.algorithm, guard }
}

export function newChecks(
  scope: CheckScope,
  { name }: NewKeypair,
  { algorithm, guard }: NewTarget,
): readonly Check[] {
  const facts = { 'kps:Algorithm': algorithm, ...guardFacts(guard) }
  return [keypairCheck(scope, 'create', name, facts), ...guardChecks(scope, guard)]
}

export const decidedNew = ({ guard }: NewTarget): readonly DecidedRow[] => decidedGuard(guard)

/** A key pair ready to be stored. Its private key is text only here and in the answer. */
export interface PreparedKeypair {
  readonly id: string
  readonly algorithm: Algorithm
  readonly publicLine: string
  readonly fingerprint: string
  /** Generated here: told once. */
  readonly privateKey: string | undefined
  /** Taken in, as it is kept. */
  readonly givenKey: string | undefined
  readonly custody: NewCustodyRow | undefined
}

/** Everything that is slow or random. Raises what is wrong with the name, the private key or the KMS key. */
export async function prepareNew(
  scope: Scope,
  asked: NewKeypair,
  { imported, algorithm, guard }: NewTarget,
  field: string,
): Promise<PreparedKeypair> {
  // Generation is slow: a name that is taken already is refused before it. `work` looks again.
  await assertNameFree(scope.store.read, identityOf(scope, asked))
  const given = asked.key_protection?.private_key
  const read =
    imported && given !== undefined
      ? await parseFieldAsync(`${field}.key_protection.private_key`, async () => {
          const key = await readPrivateKey(given)
          await proveBelongs(key, imported)
          return key
        })
      : undefined
  const protection = guard && (await makeProtection(scope, guard))
  const generated = imported ? undefined : await generateKey(algorithm)
  const key = imported ?? (generated as NonNullable<typeof generated>).public
  const id = randomUUID()
  const publicLine = writePublicLine(key, imported?.comment ?? 'Generated-by-Keyward')
  const privateKey = generated && writePrivateKey(generated, customaryFormat(generated))
  const kept = privateKey ?? read?.text
  const owner = { accountUid: scope.caller.account.uid, keypairId: id, publicLine }
  return {
    id,
    algorithm,
    publicLine,
    fingerprint: md5Fingerprint(key.blob),
    privateKey,
    givenKey: read?.text,
    custody:
      protection && kept !== undefined
        ? sealPrivateKey(scope.keyring, owner, kept, protection, scope.clock.now())
        : undefined,
  }
}

export async function parseFieldAsync<T>(field: string, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    throw refuse({ code: 'InvalidParameter', name: field, detail: error.message })
  }
}

/** Stores a prepared pair and tells what was made. Raises `KeypairExists` and `LimitExceeded`. */
export async function storeNew(
  tx: WriteHandle,
  scope: StateScope,
  asked: NewKeypair,
  prepared: PreparedKeypair,
): Promise<Static<typeof MadeKeypair>> {
  const { caller } = scope
  const now = scope.clock.now()
  const pair = await insertKeypair(tx, {
    ...identityOf(scope, asked),
    id: prepared.id,
    account_uid: caller.account.uid,
    user_id: caller.iamId,
    user_name: caller.name,
    type: 'ssh',
    algorithm: prepared.algorithm,
    public_key: prepared.publicLine,
    fingerprint: prepared.fingerprint,
    private_key_id: prepared.custody?.id ?? null,
    description: '',
    created_at: now,
    updated_at: now,
  })
  if (prepared.custody) await insertCustody(tx, prepared.custody)
  return {
    name: pair.name,
    type: pair.type,
    public_key: pair.public_key,
    ...(prepared.privateKey === undefined ? {} : { private_key: prepared.privateKey }),
    fingerprint: pair.fingerprint,
    user_id: pair.user_id,
  }
}

function identityOf(scope: CheckScope, { name, scope: seenBy }: NewKeypair) {
  const { caller } = scope
  return { project_id: caller.account.projectId, name, visible_to: visibleTo(seenBy ?? 'user', caller) }
}
