import { type Static, Type } from 'typebox'
import { type Problem, Refusal, refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { DEFAULT_ALGORITHM } from '../../keypairs/algorithms.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import type { WriteScope } from '../../pipeline/scope.ts'
import { valueChecker } from '../../pipeline/validate.ts'
import type { WriteHandle } from '../../store/store.ts'
import { assertOwnProject, closed, keypairCheck, ProjectId } from './common.ts'
import {
  decidedNew,
  MadeKeypair,
  NewKeypair,
  type NewTarget,
  newChecks,
  type PreparedKeypair,
  prepareNew,
  resolveNew,
  storeNew,
} from './new-keypair.ts'

/** Key pairs in one call (reference: huawei-kps.md A.7). */
export const BATCH = 10

/** What is asked of one pair, as it came: each is held to {@link NewKeypair} by itself. */
const Asked = Type.Object({
  name: Type.Optional(Type.Unknown()),
  type: Type.Optional(Type.Unknown()),
  scope: Type.Optional(Type.Unknown()),
  user_id: Type.Optional(Type.Unknown()),
  algorithm: Type.Optional(Type.Unknown()),
  public_key: Type.Optional(Secret(Type.Unknown())),
  key_protection: Type.Optional(Secret(Type.Unknown())),
})
type Asked = Static<typeof Asked>

const input = Type.Object(
  {
    project_id: ProjectId,
    /** The body is a bare list. */
    items: Type.Array(Type.Object({ keypair: Asked }, closed), { minItems: 1, maxItems: BATCH }),
  },
  closed,
)

const wrongIn = valueChecker(NewKeypair)
/** As the caller wrote it, also where it is no name. */
const nameOf = ({ name }: Asked): string => (typeof name === 'string' ? name.slice(0, 255) : '')

interface Target {
  readonly asked: NewKeypair
  readonly found: NewTarget
}
interface Ready {
  readonly asked: NewKeypair
  readonly prepared: PreparedKeypair
}

/** Whether an item can be made, or what is wrong with it. */
type Item<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string }

/**
 * Makes up to ten key pairs. All of them are decided before any is made, and the first denial refuses the call; what is
 * wrong with one in itself is told beside those that were made (reference: huawei-iam.md G.3).
 */
export const batchImportKeypair = writeOperation({
  name: 'kps:BatchImportKeypair',
  summary: 'Import or generate up to ten SSH key pairs',
  effect: 'write',
  input,
  output: Type.Object({
    // The service's own clients read `keypair`, the Terraform provider `keypair.keypair`: both are there.
    succeeded_keypairs: Type.Array(
      Type.Object({ keypair: Type.Intersect([MadeKeypair, Type.Object({ keypair: Secret(MadeKeypair) })]) }),
    ),
    failed_keypairs: Type.Array(Type.Object({ keypair_name: Type.String(), failed_reason: Type.String() })),
  }),
  resolve: async (scope, { project_id, items }): Promise<readonly Item<Target>[]> => {
    assertOwnProject(scope, project_id)
    return Promise.all(
      items.map(({ keypair }, i) =>
        attempted(async () => {
          const asked = held(keypair, `items.${i}.keypair`)
          return { asked, found: await resolveNew(scope, asked, `items.${i}.keypair`) }
        }),
      ),
    )
  },
  // What is wrong in itself is decided by the name that it came with: nothing more is known of it.
  checks: (scope, { items }, targets) =>
    items.flatMap(({ keypair }, i) => {
      const target = targets[i] as Item<Target>
      return target.ok
        ? newChecks(scope, target.value.asked, target.value.found)
        : [keypairCheck(scope, 'create', nameOf(keypair) || '*')]
    }),
  decided: (targets) => targets.flatMap((target) => (target.ok ? decidedNew(target.value.found) : [])),
  // Pairs are read as they stand and decide nothing: nothing that is held in memory becomes old.
  touches: () => [],
  prepare: (scope, _input, targets): Promise<readonly Item<Ready>[]> =>
    Promise.all(
      targets.map(async (target, i) => {
        if (!target.ok) return target
        const { asked, found } = target.value
        return attempted(async () => ({
          asked,
          prepared: await prepareNew(scope, asked, found, `items.${i}.keypair`),
        }))
      }),
    ),
  work: async (tx, scope, { items }, _targets, ready) => {
    const succeeded: { keypair: Made & { keypair: Made } }[] = []
    const failed: { keypair_name: string; failed_reason: string }[] = []
    for (const [i, item] of ready.entries()) {
      const stored = item.ok ? await attempted(() => stores(tx, scope, item.value)) : item
      if (stored.ok) succeeded.push({ keypair: { ...stored.value, keypair: stored.value } })
      else {
        const keypair_name = nameOf(items[i]?.keypair as Asked)
        failed.push({ keypair_name, failed_reason: stored.reason })
      }
    }
    return { succeeded_keypairs: succeeded, failed_keypairs: failed }
  },
  example: {
    project_id: '{projectId}',
    items: [{ keypair: { name: 'example-imported', algorithm: DEFAULT_ALGORITHM } }],
  },
})

type Made = Static<typeof MadeKeypair>

/** This call, unlike the single one, answers a private key that was given into custody. */
async function stores(tx: WriteHandle, scope: WriteScope, { asked, prepared }: Ready): Promise<Made> {
  const made = await storeNew(tx, scope, asked, prepared)
  return prepared.givenKey === undefined ? made : { ...made, private_key: prepared.givenKey }
}

/** Raises what is wrong with the form of one item. */
function held(keypair: Asked, field: string): NewKeypair {
  const problem = wrongIn(keypair, field)
  if (problem) throw refuse(problem)
  return keypair as NewKeypair
}

/** What is wrong with one item alone. Anything that is wrong with the service or the caller fails the call. */
async function attempted<T>(make: () => Promise<T>): Promise<Item<T>> {
  try {
    return { ok: true, value: await make() }
  } catch (error) {
    const reason = error instanceof Refusal ? reasonOf(error.problem) : undefined
    if (reason === undefined) throw error
    return { ok: false, reason }
  }
}

function reasonOf(problem: Problem): string | undefined {
  switch (problem.code) {
    case 'MissingParameter':
      return `${problem.name} is missing`
    case 'InvalidParameter':
      return `${problem.name} is invalid${problem.detail === undefined ? '' : `. ${problem.detail}`}`
    case 'KeypairExists':
      return `the key pair \`${problem.name}\` already exists`
    case 'LimitExceeded':
      return `the quota of ${problem.what} is exceeded`
    case 'KeyNotFound':
    case 'AliasNotFound':
      return 'the kms key does not exist'
    case 'KeyStateRejects':
      return `the state of the kms key is ${problem.state}`
    case 'UnsupportedOperation':
      return 'the kms key makes no data keys'
    default:
      return undefined
  }
}
