import type { Node } from 'jsonc-parser'
import type { Dialect, Effect, LanguageDefinition, PolicyTypeRules } from '../language/types.ts'
import { readConditions } from './conditions.ts'
import { misspelling } from './misspelt.ts'
import type { Located, Statement, ValueList } from './model.ts'
import { readPrincipal } from './principal.ts'
import { kindOf, located, type Member, members, type Report, span, strings } from './syntax.ts'

const always = ['Effect', 'Action', 'Condition']

/** Reads one statement; undefined when too little of it is right to go on. */
export function readStatement(
  node: Node,
  index: number,
  language: LanguageDefinition,
  dialect: Dialect,
  rules: PolicyTypeRules,
  to: Report,
): Statement | undefined {
  if (node.type !== 'object') {
    to.add('DATA_TYPE_MISMATCH', span(node), `this statement is ${kindOf(node)}, not an object`)
    return undefined
  }
  const found = new Map<string, Member>()
  for (const member of members(node, to)) {
    const presence = presenceOf(member.name, rules)
    if (presence === undefined) {
      // What was likely meant is read as such, so that it is not said to be missing as well.
      const meant = refuseElement(member, [...always, ...Object.keys(rules.elements)], to)
      if (meant !== undefined && !found.has(meant)) found.set(meant, member)
    } else found.set(member.name, member)
    if (presence === 'tolerated') {
      to.add(
        'IGNORED_ELEMENT',
        member.nameSpan,
        `\`${member.name}\` is not in the grammar of this policy type`,
      )
    }
  }
  const effect = readEffect(found.get('Effect'), node, to)
  if (effect?.value === 'Allow') {
    for (const name of rules.denyOnly ?? []) {
      const member = found.get(name)
      if (member)
        to.add(
          'INVALID_POLICY_ELEMENT',
          member.nameSpan,
          `this statement allows, and has \`${name}\`, which only a Deny can have here`,
        )
    }
  }
  const action = readPair('Action', found, node, language.action.emptyAllowed, true, to)
  for (const value of action?.values ?? []) {
    const fault = language.action.fault(value.value)
    const why = fault && (misspelling(value.value, 'action')?.why ?? fault)
    if (why) to.add('INVALID_ACTION', value, `\`${value.value}\`: ${why}`)
    else if (rules.actionPrefix && !value.value.toLowerCase().startsWith(rules.actionPrefix)) {
      to.add(
        'INVALID_ACTION',
        value,
        `\`${value.value}\` is an action of another service; here all start with \`${rules.actionPrefix}\``,
      )
    }
  }
  const resource = readPair(
    'Resource',
    found,
    node,
    false,
    rules.elements.Resource === 'required',
    to,
    dialect.resourceObject,
  )
  if (!resource?.paths)
    for (const value of resource?.values ?? []) checkResource(value, effect?.value, language, rules, to)
  const principals = { plain: found.get('Principal'), not: found.get('NotPrincipal') }
  const principal = readPrincipal(principals, node, rules, to)
  const conditions = readConditions(found.get('Condition')?.value, language, dialect, to)
  const sid = readSid(found.get('Sid'), rules, to)
  const texts = [
    ...(action?.values ?? []),
    ...(resource?.values ?? []),
    ...(principal?.members.flatMap(({ values }) => values) ?? []),
    ...conditions.flatMap(({ key, values }) => [key, ...values]),
  ]
  refuseTexts(texts, language, to)
  if (!effect || !action) return undefined
  return Object.freeze<Statement>({
    index,
    span: span(node),
    effect,
    action,
    conditions: Object.freeze(conditions),
    ...(resource && { resource }),
    ...(principal && { principal }),
    ...(sid && { sid }),
  })
}

/** Undefined when a statement of the policy type has no such element. */
function presenceOf(name: string, { elements }: PolicyTypeRules) {
  if (always.includes(name)) return 'optional'
  return Object.hasOwn(elements, name) ? elements[name] : undefined
}

/** Refuses a member, and tells which element it was likely meant to be. */
function refuseElement({ name, nameSpan }: Member, known: readonly string[], to: Report): string | undefined {
  if (name === 'Principal' || name === 'NotPrincipal') {
    to.add(
      'UNSUPPORTED_PRINCIPAL',
      nameSpan,
      `\`${name}\` has no place in a policy of this type, which is about whoever it is attached to`,
    )
    return undefined
  }
  const meant = name.startsWith('Not') ? undefined : to.nearest(name, known)
  to.add(
    'INVALID_POLICY_ELEMENT',
    nameSpan,
    `\`${name}\` is no element of a statement of this policy type${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`,
  )
  return meant
}

function readEffect(member: Member | undefined, node: Node, to: Report): Located<Effect> | undefined {
  if (!member) {
    to.add('MISSING_EFFECT', span(node), 'this statement has no `Effect`')
    return undefined
  }
  const { value } = member.value
  if (value === 'Allow' || value === 'Deny') return located(member.value)
  to.add(
    'INVALID_EFFECT',
    span(member.value),
    `\`Effect\` is ${wordOf(member.value)}; it can be \`Allow\` or \`Deny\``,
  )
  return undefined
}

/** A value that is not what it can be: a short text as it is. */
function wordOf(node: Node): string {
  return node.type === 'string' && node.value.length <= 40 ? `\`${node.value}\`` : kindOf(node)
}

function readSid(
  member: Member | undefined,
  rules: PolicyTypeRules,
  to: Report,
): Located<string> | undefined {
  if (!member) return undefined
  if (member.value.type !== 'string') {
    to.add('DATA_TYPE_MISMATCH', span(member.value), `\`Sid\` is ${kindOf(member.value)}, not a text`)
    return undefined
  }
  const sid = located<string>(member.value)
  if (rules.sid && (sid.value.length > rules.sid.size || !rules.sid.pattern.test(sid.value))) {
    to.add(
      'INVALID_SID',
      sid,
      `this \`Sid\` ${sid.value.length > rules.sid.size ? `is ${sid.value.length} characters long` : 'is empty or holds other characters'}; it can have up to ${rules.sid.size} letters, digits, spaces and \`_/+=.@-\``,
    )
  }
  return sid
}

const missing = { Action: 'MISSING_ACTION', Resource: 'MISSING_RESOURCE' } as const

/** `Action` or `NotAction`, `Resource` or `NotResource`: one of them, as a string or a list. */
function readPair(
  name: 'Action' | 'Resource',
  found: ReadonlyMap<string, Member>,
  node: Node,
  emptyAllowed: boolean,
  required: boolean,
  to: Report,
  objectName?: string,
): ValueList | undefined {
  const plain = found.get(name)
  const not = found.get(`Not${name}`)
  if (plain && not)
    to.add(
      'CONFLICTING_ELEMENTS',
      not.nameSpan,
      `this statement has both \`${name}\` and \`Not${name}\`; it can have one of them`,
    )
  const member = plain ?? not
  if (!member) {
    if (required) to.add(missing[name], span(node), `this statement has no \`${name}\``)
    return undefined
  }
  const paths = objectName === undefined ? undefined : pathsIn(member.value, objectName, to)
  const values = paths ?? strings(member.value, `\`${member.name}\``, to)
  if (!paths && values?.length === 0 && !(emptyAllowed && plain)) {
    to.add('EMPTY_LIST', span(member.value), `\`${member.name}\` is an empty list`)
  }
  return (
    values &&
    Object.freeze({ negated: !plain, values, span: span(member.value), ...(paths && { paths: true }) })
  )
}

/** The paths of `{"uri": [...]}`; undefined when the element has no such form. */
function pathsIn(node: Node, name: string, to: Report): readonly Located<string>[] | undefined {
  if (node.type !== 'object') return undefined
  const list = members(node, to)
  for (const member of list) {
    if (member.name !== name)
      to.add(
        'INVALID_RESOURCE',
        member.nameSpan,
        `\`${member.name}\` is no member of a \`Resource\`; it is \`${name}\``,
      )
  }
  const paths = list.find((member) => member.name === name)
  if (!paths && list.length === 0) to.add('INVALID_RESOURCE', span(node), `this object lacks \`${name}\``)
  const values = paths ? (strings(paths.value, `\`${name}\``, to) ?? []) : []
  if (paths?.value.type === 'array' && paths.value.children!.length === 0)
    to.add('EMPTY_LIST', span(paths.value), `\`${name}\` is an empty list`)
  return values
}

function checkResource(
  value: Located<string>,
  effect: Effect | undefined,
  language: LanguageDefinition,
  rules: PolicyTypeRules,
  to: Report,
) {
  const fault = language.resource.fault(value.value)
  const why = fault && (misspelling(value.value, 'name')?.why ?? fault)
  if (why) to.add('INVALID_RESOURCE', value, `\`${value.value}\`: ${why}`)
  const only = rules.onlyResource
  if (!only || value.value === only.value) return
  if (!only.allowOnly)
    to.add(
      'INVALID_RESOURCE',
      value,
      `\`${value.value}\` stands as \`Resource\`, which can only be \`${only.value}\` in a policy of this type`,
    )
  else if (effect === 'Allow')
    to.add(
      'RESOURCE_NOT_SUPPORTED',
      value,
      `this statement allows on \`${value.value}\`, where the cloud takes \`${only.value}\` alone`,
    )
}

function refuseTexts(values: readonly Located<string>[], language: LanguageDefinition, to: Report) {
  const refused = language.refusedText
  for (const value of refused ? values : []) {
    if (refused!.pattern.test(value.value))
      to.add('UNSUPPORTED_VARIABLE', value, `\`${value.value}\`: ${refused!.why}`)
  }
}
