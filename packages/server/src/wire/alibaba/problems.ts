import type { Denial, Problem, ProblemCode } from '../../base/problem.ts'
import type { Caller } from '../../identity/principal.ts'
import { accessDeniedDetail } from './access-denied.ts'
import type { ErrorAnswer } from './answer.ts'
import type { Product } from './binding.ts'
import { IDENTITY_ROWS } from './identity-problems.ts'
import { KEY_ROWS } from './key-problems.ts'
import {
  deniedText,
  internalFailure,
  invalidParameter,
  malformedPolicy,
  missingParameterCode,
} from './product-problems.ts'
import { SECRET_ROWS } from './secret-problems.ts'
import { SESSION_ROWS } from './session-problems.ts'

/** What an answer to a problem may depend on beside the problem. Absent before the caller or operation is known. */
export interface ProblemContext {
  readonly product?: Product | undefined
  readonly caller?: Caller | undefined
}

type Row<C extends ProblemCode> = (
  problem: Extract<Problem, { code: C }>,
  context: ProblemContext,
) => ErrorAnswer

const KEY_NOT_FOUND: ErrorAnswer = Object.freeze({
  status: 404,
  code: 'Forbidden.KeyNotFound',
  message: 'The specified Key is not found.',
})
const RESOURCE_NOT_FOUND: ErrorAnswer = Object.freeze({
  status: 404,
  code: 'Forbidden.ResourceNotFound',
  message: 'Resource not found.',
})
const UNAVAILABLE: ErrorAnswer = Object.freeze({
  status: 503,
  code: 'ServiceUnavailableTemporary',
  message: 'Service Unavailable Temporary.',
})

/**
 * What the operations of this wire can raise, in this vendor's words (reference/alibaba-kms.md A.3, alibaba-ram.md F).
 * `problems.test.ts` holds it against their code: no row is missing, and none is there in vain.
 */
const ROWS: { readonly [C in ProblemCode]?: Row<C> } = {
  MissingParameter: ({ name }, { product }) => ({
    status: 400,
    code: missingParameterCode(product, name),
    message: `The parameter "${name.slice(0, 128)}" is needed but not provided.`,
  }),
  InvalidParameter: (problem, { product }) => invalidParameter(product, problem),
  RequestTooLarge: () => ({
    status: 413,
    code: 'RequestEntityTooLarge',
    message: 'The request entity is too large.',
  }),
  AccessDenied: ({ denial }, context) => {
    // INVARIANT: another account's entity, denied or missing, gives the same answer to the byte (but for the request id).
    if (denial.foreign) return foreignEntity(context)
    return {
      status: 403,
      ...deniedText(context.product, denial.resource),
      more: deniedDetail(denial, context),
    }
  },
  ProjectMismatch: (_, context) => ({ status: 403, ...deniedText(context.product, '*') }),
  Overloaded: () => UNAVAILABLE,
  Unavailable: () => UNAVAILABLE,
  Internal: (_, { product }) => internalFailure(product),
  KeyNotFound: () => KEY_NOT_FOUND,
  AliasNotFound: () => ({
    status: 404,
    code: 'Forbidden.AliasNotFound',
    message: 'The specified Alias is not found.',
  }),
  KeyStateRejects: ({ state }) => ({
    status: 409,
    code: `Rejected.${state}`,
    message: `The request was rejected because the key state is ${state}.`,
  }),
  UnsupportedOperation: ({ detail }) => ({
    status: 400,
    code: 'UnsupportedOperation',
    message: `This action is not supported.${detail === undefined ? '' : ` ${detail}`}`,
  }),
  InvalidKeyMaterial: () => ({
    status: 400,
    code: 'InvalidKeyMaterial',
    message: 'key material is invalid.',
  }),
  ...KEY_ROWS,
  ...SECRET_ROWS,
  ...SESSION_ROWS,
  ...IDENTITY_ROWS,
  PolicyNotFound: () => ({ ...RESOURCE_NOT_FOUND, message: 'Policy not found.' }),
  MalformedPolicy: ({ detail }, { product }) => malformedPolicy(product, detail),
  LimitExceeded: ({ what }) => ({
    status: 400,
    code: 'Rejected.LimitExceeded',
    message: `The request was rejected because user create resource limit was exceeded. ${what}`,
  }),
  KeypairNotFound: () => RESOURCE_NOT_FOUND,
  KeypairExists: () => ({
    status: 409,
    code: 'Rejected.ResourceExist',
    message: 'The resource already exists.',
  }),
  PrivateKeyNotFound: ({ name }) => ({
    ...RESOURCE_NOT_FOUND,
    message: `The private key of ${name} is not in custody.`,
  }),
  KeypairNotBound: ({ name }) => ({
    status: 409,
    code: 'Rejected.ResourceNotInUse',
    message: `No server lets the key pair ${name} in. A new key would only replace the private key in custody, for good; ask for that with \`WithoutHosts\`.`,
  }),
  HostNotFound: () => ({ ...RESOURCE_NOT_FOUND, message: 'The host is not registered.' }),
  HostBusy: () => ({
    status: 409,
    code: 'Rejected.ResourceInUse',
    message: 'A task is working on the host.',
  }),
  TargetNotFound: () => ({ ...RESOURCE_NOT_FOUND, message: 'The target is not registered.' }),
  NonceUsed: () => ({
    status: 400,
    code: 'SignatureNonceUsed',
    message: 'Specified signature nonce was used already.',
  }),
  InvalidWorld: ({ findings }) => ({
    status: 400,
    code: 'InvalidWorld',
    message: `The declared world has ${findings.length} mistake${findings.length === 1 ? '' : 's'}.`,
    more: { Findings: findings },
  }),
}

/**
 * The same whatever decided, and whether the entity exists or not. Entities of KMS are shared between accounts, so there it
 * is as if there were none; of the other products an account has only its own, and it is denied without a word on what.
 */
function foreignEntity({ product = 'Kms' }: ProblemContext): ErrorAnswer {
  return product === 'Kms' ? KEY_NOT_FOUND : { status: 403, ...deniedText(product, '*') }
}

function deniedDetail(denial: Denial, { caller }: ProblemContext) {
  return caller && { AccessDeniedDetail: accessDeniedDetail(denial, caller) }
}

/** The problems that this wire has words for. */
export const problemCodes = Object.keys(ROWS) as readonly ProblemCode[]

/** The answer to a problem; one without a row is a defect. */
export function answerProblem(problem: Problem, context: ProblemContext): ErrorAnswer {
  const row = ROWS[problem.code] as Row<ProblemCode> | undefined
  return row ? row(problem as never, context) : internalFailure(context.product)
}
