import { lockOuts } from '../decide/lock-out.ts'
import type { Dialect, LanguageDefinition, PolicyTypeRules } from '../language/types.ts'
import { checkActions } from './check-actions.ts'
import { checkConditions } from './check-conditions.ts'
import { checkResources } from './check-resources.ts'
import { checkTexts } from './check-texts.ts'
import type { Located, PolicyDocument, Statement } from './model.ts'
import type { Report } from './syntax.ts'

/** What a statement is judged with. */
export interface Scene {
  readonly document: PolicyDocument
  readonly language: LanguageDefinition
  readonly dialect: Dialect
  readonly rules: PolicyTypeRules
  readonly to: Report
  /** Texts that are likely not what was meant: said once, and nothing else of them. */
  readonly misspelt: Set<Located<string>>
}

/** What the clouds accept and an author should know: warnings and suggestions, from the catalogue. */
export function checkDocument(
  document: PolicyDocument,
  language: LanguageDefinition,
  to: Report,
  account?: string,
): void {
  const dialect = language.dialects.get(document.version)!
  const rules = language.policyTypes.get(document.type)!
  const scene: Scene = { document, language, dialect, rules, to, misspelt: new Set() }
  for (const statement of document.statements) {
    checkTexts(scene, statement)
    const actions = checkActions(scene, statement)
    checkResources(scene, statement, actions)
    checkAllow(scene, statement)
    checkConditions(scene, statement, actions)
  }
  for (const { effect } of lockOuts(document, account)) {
    to.add(
      'LOCKS_OUT',
      effect,
      `the ${document.type} policy denies \`${rules.changedBy}\` to everyone: only the root identity of the account can change it back`,
    )
  }
}

/** Warns of a statement that allows less than everything, where only a statement for everything may allow. */
function checkAllow({ rules, to }: Scene, { effect, action, resource }: Statement) {
  if (!rules.allowsEverythingOnly || effect.value !== 'Allow') return
  const every = (list: Statement['action'] | undefined) =>
    list?.values.every(({ value }) => value === '*') ?? true
  if (!action.negated && every(action) && every(resource)) return
  to.add(
    'ALLOW_NOT_SUPPORTED',
    effect,
    'the cloud takes no Allow here any more but that of everything; write a Deny',
  )
}
