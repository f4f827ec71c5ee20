import type { Denial, Problem, ProblemCode } from '../../base/problem.ts'
import type { Caller } from '../../identity/principal.ts'
import { identityAnswer, SHARED_IDENTITY_ROWS } from './identity-problems.ts'
import { KEY_ROWS } from './key-problems.ts'
import { ORGANIZATION_ROWS, organizationAnswer } from './organization-problems.ts'

/** What an error answer says. */
export interface ErrorAnswer {
  readonly status: number
  readonly code: string
  readonly message: string
  /** Further members of the envelope. */
  readonly more?: Readonly<Record<string, unknown>>
}

export interface ProblemContext {
  readonly caller?: Caller | undefined
  /** Name of the operation, where it is known: each product has its own codes. */
  readonly operation?: string | undefined
}

export type Row<C extends ProblemCode> = (
  problem: Extract<Problem, { code: C }>,
  context: ProblemContext,
) => ErrorAnswer

/**
 * KPS publishes only the shape of its codes, `KPS.` and digits (reference/huawei-kps.md A.1, A.8). These are ours: the
 * HTTP status, then a number. They stand in this one table, so that real ones can take their place.
 */
const KPS = {
  badParameter: 'KPS.40001',
  missingParameter: 'KPS.40002',
  keypairExists: 'KPS.40003',
  quota: 'KPS.40004',
  unsupported: 'KPS.40006',
  badKeyMaterial: 'KPS.40007',
  denied: 'KPS.40301',
  project: 'KPS.40302',
  keypairMissing: 'KPS.40401',
  keyMissing: 'KPS.40402',
  aliasMissing: 'KPS.40404',
  privateKeyMissing: 'KPS.40405',
  taskMissing: 'KPS.40406',
  hostMissing: 'KPS.40407',
  keyState: 'KPS.40901',
  hostBusy: 'KPS.40902',
  keypairBound: 'KPS.40903',
  tooLarge: 'APIGW.0201',
  unknown: 'APIGW.0101',
  internal: 'KPS.50001',
  unavailable: 'KPS.50301',
} as const

const KEYPAIR_NOT_FOUND: ErrorAnswer = Object.freeze({
  status: 404,
  code: KPS.keypairMissing,
  message: 'The key pair does not exist.',
})

const KEY_NOT_FOUND: ErrorAnswer = Object.freeze({
  status: 404,
  code: KPS.keyMissing,
  message: 'The key does not exist.',
})

const UNAVAILABLE: ErrorAnswer = Object.freeze({
  status: 503,
  code: KPS.unavailable,
  message: 'The service is temporarily unavailable.',
})

/** A defect, of which the answer says nothing. */
export const INTERNAL_FAILURE: ErrorAnswer = Object.freeze({
  status: 500,
  code: KPS.internal,
  message: 'Internal error.',
})

/** No such path. */
export const UNKNOWN_PATH: ErrorAnswer = Object.freeze({
  status: 404,
  code: KPS.unknown,
  message: 'The API does not exist or has not been published in the environment.',
})

/** The path exists for another method. */
export const WRONG_METHOD: ErrorAnswer = Object.freeze({
  status: 405,
  code: KPS.unknown,
  message: 'The API does not exist for this request method.',
})

/**
 * What the operations of this wire can raise, in its words. `problems.test.ts` holds it against their code: no row is missing,
 * and none is there in vain.
 */
/** Servers are counted, not named: who asks named the key pair alone. */
const servers = (count: number) => (count === 1 ? 'one server' : `${count} servers`)

const ROWS: { readonly [C in ProblemCode]?: Row<C> } = {
  MissingParameter: ({ name }) => ({
    status: 400,
    code: KPS.missingParameter,
    message: `The parameter ${name.slice(0, 128)} is required.`,
  }),
  InvalidParameter: ({ name, detail }) => ({
    status: 400,
    code: KPS.badParameter,
    message: `The parameter ${name.slice(0, 128)} is invalid.${detail === undefined ? '' : ` ${detail}`}`,
  }),
  RequestTooLarge: () => ({ status: 413, code: KPS.tooLarge, message: 'Request entity too large.' }),
  AccessDenied: ({ denial }, { caller }) => {
    // INVARIANT: another account's entity, denied or missing, gives the same answer to the byte (but for the request id).
    if (denial.foreign) return foreignEntity(denial)
    const more =
      denial.diagnostic === undefined ? {} : { more: { encoded_authorization_message: denial.diagnostic } }
    return { status: 403, code: deniedCode(denial), message: deniedMessage(denial, caller), ...more }
  },
  ProjectMismatch: () => ({
    status: 403,
    code: KPS.project,
    message: 'The project does not belong to the account of the caller.',
  }),
  Overloaded: () => UNAVAILABLE,
  Unavailable: () => UNAVAILABLE,
  Internal: () => INTERNAL_FAILURE,
  KeyNotFound: () => KEY_NOT_FOUND,
  AliasNotFound: () => ({ status: 404, code: KPS.aliasMissing, message: 'The alias does not exist.' }),
  KeyStateRejects: ({ state }) => ({
    status: 409,
    code: KPS.keyState,
    message: `The state of the key, ${state}, does not allow the operation.`,
  }),
  UnsupportedOperation: ({ detail }) => ({
    status: 400,
    code: KPS.unsupported,
    message: `The operation is not supported.${detail === undefined ? '' : ` ${detail}`}`,
  }),
  InvalidKeyMaterial: () => ({ status: 400, code: KPS.badKeyMaterial, message: 'The key is invalid.' }),
  ...KEY_ROWS,
  LimitExceeded: ({ what }) => ({ status: 400, code: KPS.quota, message: `The quota is exceeded. ${what}` }),
  KeypairNotFound: () => KEYPAIR_NOT_FOUND,
  KeypairExists: ({ name }) => ({
    status: 400,
    code: KPS.keypairExists,
    message: `The key pair ${name} already exists.`,
  }),
  PrivateKeyNotFound: ({ name }) => ({
    status: 404,
    code: KPS.privateKeyMissing,
    message: `The private key of the key pair ${name} is not managed.`,
  }),
  KeypairBound: ({ name, hosts }) => ({
    status: 409,
    code: KPS.keypairBound,
    message: `The key pair ${name} is bound to ${servers(hosts)}. Unbind it first; a server that is gone is taken out of the registry with \`keyward host remove\`.`,
  }),
  KeypairBehind: ({ name, hosts }) => ({
    status: 409,
    code: KPS.keypairBound,
    message: `An earlier key of ${name} is the only one that ${servers(hosts)} ${hosts === 1 ? 'lets' : 'let'} in, and it is nowhere but in custody. Let them follow first: \`keyward keypair rotate ${name} --retry\`.`,
  }),
  TaskNotFound: () => ({ status: 404, code: KPS.taskMissing, message: 'The task does not exist.' }),
  HostNotFound: () => ({ status: 404, code: KPS.hostMissing, message: 'The server does not exist.' }),
  HostBusy: () => ({ status: 409, code: KPS.hostBusy, message: 'A task is working on the server.' }),
  ...SHARED_IDENTITY_ROWS,
  ...ORGANIZATION_ROWS,
}

/** The same whatever decided, and whether the entity exists or not. */
function foreignEntity({ action, resource }: Denial): ErrorAnswer {
  // As an agency that does not exist.
  if (action.startsWith('sts:')) return SHARED_IDENTITY_ROWS.RoleNotFound()
  return resource.startsWith('kps:') ? KEYPAIR_NOT_FOUND : KEY_NOT_FOUND
}

/** Identity services have published codes (reference/huawei-iam.md I.4), KPS has none. */
function deniedCode({ action, layer }: Denial): string {
  if (action.startsWith('sts:') && layer === 'trust') return 'STS5.9001'
  return /^(iam|sts):/.test(action) ? 'PAP5.0001' : KPS.denied
}

/** What the denying policy is called (reference/huawei-iam.md I.5). */
const POLICY_KIND: Readonly<Record<Denial['layer'], string>> = {
  organization: 'service control policy',
  session: 'session policy',
  identity: 'identity-based policy',
  resource: 'resource-based policy',
  trust: 'trust policy',
}

function deniedMessage(denial: Denial, caller: Caller | undefined): string {
  const kind = POLICY_KIND[denial.layer]
  const cause =
    denial.reason === 'ExplicitDeny'
      ? `with an explicit deny in the ${kind}`
      : `because no ${kind} allows the ${denial.action} action`
  const who = caller === undefined ? 'The caller' : `User: ${caller.urn}`
  return `${who} is not authorized to perform: ${denial.action} on resource: ${denial.resource} ${cause}`
}

/** The problems that this wire has words for. */
export const problemCodes = Object.keys(ROWS) as readonly ProblemCode[]

/** The answer to a problem; one without a row is a defect. */
export function answerProblem(problem: Problem, context: ProblemContext): ErrorAnswer {
  const own = identityAnswer(problem, context) ?? organizationAnswer(problem, context)
  if (own) return own
  const row = ROWS[problem.code] as Row<ProblemCode> | undefined
  return row ? row(problem as never, context) : INTERNAL_FAILURE
}
