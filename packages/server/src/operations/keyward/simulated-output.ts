import { explain, type LayerAccount, type StatementAccount } from '@keyward/policy'
import { Type } from 'typebox'
import { type DecidedCheck, layersOf, requestOf } from '../../pipeline/decision.ts'
import { MOST_STATEMENTS, shortFailure, spelled, statementsOf } from '../../pipeline/diagnosis.ts'
import type { FactValue } from '../../pipeline/operation.ts'
import type { Scope } from '../../pipeline/scope.ts'

const KeyValues = Type.Object({ Key: Type.String(), Values: Type.Array(Type.String()) })

/** A decision of the call. Of another account's resource it says whether it is allowed, and no more. */
export const CheckOutput = Type.Object({
  Language: Type.String(),
  /** `call`, `assume`, or `veto`: the word of the other language on what the first one allows. */
  Act: Type.String(),
  Action: Type.String(),
  Resource: Type.String(),
  Allowed: Type.Boolean(),
  /** Empty where the resource is another account's and it is denied, as are layer, policy and statement. */
  Reason: Type.String(),
  Layer: Type.String(),
  Policy: Type.String(),
  Statement: Type.String(),
  /** Condition keys that were looked at, with the values that they had. */
  Facts: Type.Array(KeyValues),
  /** What every layer says, as JSON text; empty where that would be too much to walk. */
  Explanation: Type.String(),
})

/** Longest list of values that an answer repeats. */
const MOST_VALUES = 50

/** The decisions in their order. Explained are the denial first, then the others, as long as that costs little. */
export function shownChecks(
  theirs: Scope,
  asking: string,
  decided: readonly DecidedCheck[],
  denied: DecidedCheck | undefined,
) {
  let left = MOST_STATEMENTS
  const explained = new Set<DecidedCheck>()
  for (const one of denied ? [denied, ...decided] : decided) {
    const statements = statementsOf(one)
    if (explained.has(one) || statements > left) continue
    left -= statements
    explained.add(one)
  }
  const isOwn = ({ check }: DecidedCheck) => check.owner === asking
  // That it is the other language that denies, another account's resource does not show either.
  const visible = decided.filter((one) => isOwn(one) || one.check.act !== 'veto')
  return visible.map((one) => {
    const next = decided[decided.indexOf(one) + 1]
    const vetoed = next !== undefined && next === denied && !visible.includes(next)
    return shown(theirs, one, {
      own: isOwn(one),
      allowed: one.decision.allowed && !vetoed,
      explains: explained.has(one),
    })
  })
}

interface Told {
  readonly own: boolean
  readonly allowed: boolean
  readonly explains: boolean
}

function shown(theirs: Scope, one: DecidedCheck, { own, allowed, explains }: Told) {
  const { check, decision } = one
  const reveals = own || allowed
  const account = explains ? accountOf(theirs, one, own, reveals) : undefined
  const facts = own ? (account?.seen ?? one.facts) : new Map<string, FactValue>()
  return {
    Language: check.language,
    Act: check.act ?? 'call',
    Action: check.action,
    Resource: check.resource,
    Allowed: allowed,
    Reason: reveals ? decision.reason : '',
    Layer: reveals ? decision.layer : '',
    Policy: (reveals && decision.policy) || '',
    Statement: (reveals && decision.statement) || '',
    Facts: [...facts].map(([key, value]) => ({
      Key: spelled(check.language, key),
      Values: [value].flat().slice(0, MOST_VALUES),
    })),
    Explanation: account ? account.text : '',
  }
}

/** The explanation of the engine. Of another account's resource only what the principal's own account says. */
function accountOf(theirs: Scope, { check, layers }: DecidedCheck, own: boolean, reveals: boolean) {
  const { request, context } = requestOf(theirs, check, layers)
  const {
    decision,
    layers: all,
    nearMisses,
    changes,
  } = explain(check.language, request, layersOf(check, layers))
  const isOurs = ({ layer, organizationOf }: Pick<LayerAccount, 'layer' | 'organizationOf'>) =>
    own || layer === 'identity' || layer === 'session' || organizationOf === 'caller'
  const statement = (of: StatementAccount) => ({ ...of, failures: of.failures.map(shortFailure) })
  const account = {
    ...(reveals ? { decision } : { decision: { allowed: false } }),
    layers: all.filter(isOurs).map((layer) => ({ ...layer, statements: layer.statements.map(statement) })),
    nearMisses: nearMisses.filter(isOurs).map(statement),
    changes: own ? changes : [],
  }
  return { text: JSON.stringify(account), seen: context.seen }
}
