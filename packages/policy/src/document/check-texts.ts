import type { Scene } from './check.ts'
import { type Misspelling, misspelling, type TextKind } from './misspelt.ts'
import type { Condition, Located, Statement } from './model.ts'

/** Warns of texts that are likely not what their author meant, and marks them, so that nothing else is said of them. */
export function checkTexts(scene: Scene, { action, resource, principal, conditions }: Statement): void {
  const { language } = scene
  for (const value of action.values) {
    if (!language.action.fault(value.value)) judge(scene, value, 'action')
  }
  for (const value of resource?.paths ? [] : (resource?.values ?? [])) {
    if (!language.resource.fault(value.value)) judge(scene, value, nameKind(scene, value.value))
  }
  for (const { member, values } of principal?.members ?? [])
    for (const value of values) checkPrincipal(scene, member, value)
  for (const condition of conditions) checkCondition(scene, condition)
}

/** Users and groups, in both languages. */
const PEOPLE = /^(acs:ram:[^:]*:[^:]*|iam:[^:]*:[^:]*):(user|group)[:/]/i

function nameKind({ language }: Scene, name: string): TextKind {
  const service = name.split(':')[language.resource.serviceAt]?.toLowerCase() ?? ''
  const known = language.catalogue.service(service)
  if (!known || known.missing === 'all') return 'name'
  return PEOPLE.test(name) ? 'name of people' : 'name of a known service'
}

function checkPrincipal(scene: Scene, member: string, value: Located<string>) {
  if (judge(scene, value, 'name') || member === '*') return
  if (!scene.rules.principals!.compile(member, value.value)) {
    scene.to.add('UNKNOWN_PRINCIPAL', value, `\`${value.value}\` names nobody`)
    return
  }
  checkAccount(scene, value, scene.language.principal.account(value.value))
}

function checkAccount(
  { language, to, misspelt }: Scene,
  value: Located<string>,
  account: string | undefined,
) {
  if (account === undefined || language.accountId.pattern.test(account)) return
  to.add(
    'INVALID_ACCOUNT',
    value,
    `\`${account}\` is no account: an account id is ${language.accountId.words}`,
  )
  misspelt.add(value)
}

function checkCondition(scene: Scene, { base, key, values }: Condition) {
  judge(scene, key, 'name')
  const { language, dialect } = scene
  const holds = language.catalogue.conditionKey(key.value)?.holds
  if (dialect.operators.get(base)!.comparison.kind !== 'string') return
  for (const value of values) {
    const kind: TextKind =
      holds === 'word' || holds === 'account' ? 'short value' : holds === 'principal' ? 'name' : 'value'
    if (judge(scene, value, kind)) continue
    if (holds === 'account') checkAccount(scene, value, value.value)
    if (holds === 'principal') checkAccount(scene, value, language.principal.account(value.value))
  }
}

function judge(
  { language, to, misspelt }: Scene,
  value: Located<string>,
  kind: TextKind,
): Misspelling | undefined {
  if (language.refusedText?.pattern.test(value.value)) return undefined
  const wrong = misspelling(value.value, kind)
  if (!wrong) return undefined
  misspelt.add(value)
  to.add(wrong.code, value, `\`${value.value}\`: ${wrong.why}`)
  return wrong
}
