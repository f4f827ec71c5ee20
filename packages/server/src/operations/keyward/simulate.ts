import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { judgeDocument } from '../../identity/judge.ts'
import { sessionPolicies } from '../../identity/sessions.ts'
import { barredFrom, decideChecks } from '../../pipeline/decide-all.ts'
import type { DecidedCheck } from '../../pipeline/decision.ts'
import { type Check, type Operation, readOperation } from '../../pipeline/operation.ts'
import type { CheckScope, Decisions, ResolveScope, Scope } from '../../pipeline/scope.ts'
import { validateInput } from '../../pipeline/validate.ts'
import {
  cutBy,
  existingPrincipal,
  type PrincipalTarget,
  principalCheck,
  resolvePrincipal,
} from './principal-target.ts'
import { languageOf, simulatedChecks } from './simulated-check.ts'
import {
  assertAskable,
  Fact,
  type GivenFacts,
  readFacts,
  simulatedConnection,
  withFacts,
} from './simulated-facts.ts'
import { CheckOutput, shownChecks } from './simulated-output.ts'

const closed = { additionalProperties: false }

const input = Type.Object(
  {
    /** ARN or URN of a user, a role or agency, a session of one, or a root identity. */
    Principal: Type.String({ minLength: 1, maxLength: 512 }),
    /** Name of an action, as policies write it. */
    AuthAction: Type.Optional(Type.String({ minLength: 3, maxLength: 128 })),
    /** ARN or URN; `*` when left out. */
    AuthResource: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    Language: Type.Optional(Type.Union([Type.Literal('ram'), Type.Literal('iam')])),
    /** Instead of an action: a whole call, such as `kms:Encrypt`, with its parameters as JSON. */
    Call: Type.Optional(Type.String({ minLength: 3, maxLength: 128 })),
    Parameters: Type.Optional(Secret(Type.String({ minLength: 2, maxLength: 65_536 }))),
    /** Values of condition keys, in the place of those that a call from here would have. */
    Facts: Type.Optional(Type.Array(Fact, { maxItems: 100 })),
    /** Cuts what a session of the role may do. */
    SessionPolicy: Type.Optional(Type.String({ minLength: 2, maxLength: 2048 })),
  },
  closed,
)
type Asked = Static<typeof input>

/**
 * Answers how a call of a principal would be decided now: by the same checks, layers and engine as the call itself, which is not
 * made. Who may ask reads by it the policies that bind the principal; of another account's resource it shows what the
 * principal would see, and no more.
 */
export const simulatePrincipalPolicy = readOperation({
  name: 'keyward:SimulatePrincipalPolicy',
  summary:
    'Tell whether a principal may do an action, or make a call, and why, by the policies as they are now',
  effect: 'read',
  input,
  output: Type.Object({
    Allowed: Type.Boolean(),
    /** False: the principal is a user that is switched off, and calls nothing. */
    PrincipalEnabled: Type.Boolean(),
    /** What was decided, in the order of the call; the last one denies where it is denied. */
    Checks: Type.Array(CheckOutput),
  }),
  resolve: (scope, { Principal }) => resolvePrincipal(scope, Principal),
  checks: (scope, _input, target: PrincipalTarget) => [
    principalCheck(scope, 'SimulatePrincipalPolicy', target),
  ],
  async work(scope, asked, target) {
    const { caller, enabled } = existingPrincipal(target)
    const decisions = scope.decisions
    if (!decisions) throw refuse({ code: 'UnsupportedOperation', detail: 'this service simulates nothing' })
    const operation = operationOf(asked, decisions)
    const facts = readFacts(asked.Facts ?? [])
    const language = asked.Language ?? languageOf(asked.AuthAction ?? '', asked.AuthResource ?? '*')
    const cut = await sessionOf(scope, target, asked, operation ? languageOfCall(operation) : language)
    const { regions, strictDependencies, cloudDefaultPolicy, clock, cache, store, keyring, asymmetric } =
      scope
    // As the principal: nothing of the asking call but where it comes from.
    const theirs: Scope = {
      caller: cutBy(caller, cut),
      connection: simulatedConnection(scope.connection, facts),
      ...{ regions, strictDependencies, cloudDefaultPolicy, clock, cache, store, keyring, asymmetric },
    }
    const { decided, denied } = operation
      ? await decidedCall(theirs, decisions, operation, asked, facts, scope)
      : await decidedAction(theirs, decisions, { ...asked, language }, facts, scope)
    return {
      Allowed: denied === undefined,
      PrincipalEnabled: enabled,
      Checks: shownChecks(theirs, scope.caller.account.uid, decided, denied),
    }
  },
  example: {
    Principal: 'acs:ram::{accountUid}:root',
    AuthAction: 'kms:Encrypt',
    AuthResource: 'acs:kms:cn-hangzhou:{accountUid}:key/{keyId}',
    Facts: [{ Key: 'kms:EncryptionContext:Project', Values: ['A'] }],
  },
})

interface Simulated {
  readonly decided: readonly DecidedCheck[]
  readonly denied: DecidedCheck | undefined
}

async function decidedAction(
  theirs: Scope,
  { findLayers }: Decisions,
  { AuthAction = '', AuthResource = '*', language }: Asked & { language: 'ram' | 'iam' },
  facts: GivenFacts,
  asking: Scope,
): Promise<Simulated> {
  const found = await simulatedChecks(theirs, { language, action: AuthAction, resource: AuthResource })
  const decided: DecidedCheck[] = []
  const checks = given(found, facts, asking)
  const { denied } = await decideChecks({ effect: 'write' }, checks, findLayers, theirs, decided)
  return { decided, denied }
}

/** The checks that the call itself lists, of what it finds now. */
async function decidedCall(
  theirs: Scope,
  { findLayers }: Decisions,
  operation: Operation,
  { Parameters = '{}' }: Asked,
  facts: GivenFacts,
  asking: Scope,
): Promise<Simulated> {
  const parameters = parametersOf(Parameters, operation, theirs)
  // As in the pipeline, each function of a record gets what it may use, and nothing besides.
  const { caller, connection, regions, strictDependencies, cloudDefaultPolicy } = theirs
  const check: CheckScope = { caller, connection, regions, strictDependencies, cloudDefaultPolicy }
  const { clock, cache, store } = theirs
  const resolve: ResolveScope = { ...check, clock, cache, store: { read: store.read } }
  const decided: DecidedCheck[] = []
  if (operation.first) {
    const first = given(await operation.first(resolve, parameters), facts, asking)
    const barred = await barredFrom(first, findLayers, theirs)
    if (barred) return { decided: [barred], denied: barred }
  }
  const targets = await operation.resolve(resolve, parameters)
  const checks = given(operation.checks(check, parameters, targets), facts, asking)
  const { denied } = await decideChecks(operation, checks, findLayers, theirs, decided)
  return { decided, denied }
}

function given(checks: readonly Check[], facts: GivenFacts, { caller }: Scope): readonly Check[] {
  for (const check of checks) if (check.owner !== caller.account.uid) assertAskable(check, facts)
  return checks.map((check) => withFacts(check, facts))
}

function operationOf(
  { AuthAction, Call, Parameters }: Asked,
  { operation }: Decisions,
): Operation | undefined {
  const wrong = (name: string, detail: string) => refuse({ code: 'InvalidParameter', name, detail })
  if ((AuthAction === undefined) === (Call === undefined))
    throw wrong('AuthAction', 'give one of AuthAction, with AuthResource, and Call, with Parameters')
  if (Call === undefined) {
    if (Parameters !== undefined) throw wrong('Parameters', 'Parameters belong to a Call')
    return undefined
  }
  const found = operation(Call)
  if (!found || found.by === 'service') throw wrong('Call', `there is no call \`${Call}\``)
  return found
}

/** In which language a call is decided first: its products know one each. */
function languageOfCall({ name }: Operation): 'ram' | 'iam' {
  return /^(kps|iam|organizations):/.test(name) || name === 'sts:AssumeAgency' ? 'iam' : 'ram'
}

function parametersOf(text: string, operation: Operation, { caller }: Scope): Record<string, unknown> {
  const wrong = (detail: string) => refuse({ code: 'InvalidParameter', name: 'Parameters', detail })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrong('Parameters must be a JSON object')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('Parameters must be a JSON object')
  const { properties } = operation.input
  const project = 'project_id' in properties ? { project_id: caller.account.projectId } : {}
  const parameters = { ...project, ...value }
  const problem = validateInput(operation, parameters)
  if (problem) throw refuse(problem)
  return parameters
}

async function sessionOf(
  { store }: Scope,
  { principal }: PrincipalTarget,
  { SessionPolicy: text }: Asked,
  language: 'ram' | 'iam',
) {
  if (text === undefined) return undefined
  if (!principal?.caller.session)
    throw refuse({
      code: 'InvalidParameter',
      name: 'SessionPolicy',
      detail: 'SessionPolicy goes with a role or a session of one',
    })
  judgeDocument(text, language, 'session')
  return sessionPolicies(store.read, { accountUid: principal.account.uid, policies: { language, text } })
}
