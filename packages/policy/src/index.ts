export { type ContextValues, conditionContext } from './case/context.ts'
export {
  type CaseDocument,
  type CaseMemo,
  type CaseOutcome,
  type CaseText,
  caseMemo,
  evaluateCase,
  type PolicyCase,
  type PreparedCase,
  prepareCase,
  type RefusedDocument,
} from './case/evaluate-case.ts'
export type { Failure, Place, StatementAccount } from './decide/account.ts'
export type { Change, SuggestedStatement } from './decide/change.ts'
export { compilePolicies, type NamedPolicy } from './decide/compile.ts'
export { decide, mayVeto } from './decide/decide.ts'
export { type Explanation, explain, type LayerAccount } from './decide/explain.ts'
export { mayLetIn } from './decide/lock-out.ts'
export { statementsNaming } from './decide/naming.ts'
export type * from './decide/types.ts'
export { type FindingCode, findingCodes } from './document/codes.ts'
export { didYouMean } from './document/did-you-mean.ts'
export type * from './document/findings.ts'
export { type DocumentKind, guessKind } from './document/guess.ts'
export { surveyJson } from './document/json-survey.ts'
export type * from './document/model.ts'
export { type ParsedPolicy, parsePolicy, readPolicy } from './document/parse.ts'
export { policySchema } from './document/schema.ts'
export { unknownAction, unknownConditionKey, unknownResource } from './document/unknown.ts'
export {
  type Address,
  type Network,
  networkHolds,
  parseAddress,
  parseNetwork,
} from './match/address.ts'
export { conditionKeyName, normalizeConditionKey } from './service/catalogue.ts'
export {
  actionInfo,
  actionsNamed,
  carriesConditionKey,
  conditionKeyInfo,
  globalConditionKeys,
  type LanguageInfo,
  languageInfo,
  needsNoPermission,
  type PolicyTypeInfo,
  services,
  systemPolicies,
  systemPolicy,
} from './service/lookup.ts'
export { type SamePlace, sameAction, sameKey } from './service/same-act.ts'
export type * from './service/types.ts'
