import type { Node } from 'jsonc-parser'
import type { PolicyTypeRules } from '../language/types.ts'
import type { PrincipalMember, Statement } from './model.ts'
import { kindOf, located, type Member, members, type Report, span, strings } from './syntax.ts'

/** Reads `Principal` or `NotPrincipal`: everyone, or lists by member. */
export function readPrincipal(
  { plain, not }: { readonly plain: Member | undefined; readonly not: Member | undefined },
  node: Node,
  rules: PolicyTypeRules,
  to: Report,
): Statement['principal'] {
  if (plain && not) {
    to.add(
      'CONFLICTING_ELEMENTS',
      not.nameSpan,
      'this statement has both `Principal` and `NotPrincipal`; it can have one of them',
    )
  }
  const member = plain ?? not
  const negated = !plain
  if (!member) {
    if (rules.principals)
      to.add(
        'MISSING_PRINCIPAL',
        span(node),
        'this statement has no `Principal`, which a policy of this type needs',
      )
    return undefined
  }
  const { value } = member
  if (value.value === '*') {
    return Object.freeze({
      negated,
      span: span(value),
      members: [Object.freeze({ member: '*', values: [located<string>(value)] })],
    })
  }
  if (value.type !== 'object') {
    to.add(
      'DATA_TYPE_MISMATCH',
      span(value),
      `\`${member.name}\` is ${kindOf(value)}; it can be \`"*"\` or an object of ${rules.principals?.members.map((one) => `\`${one}\``).join(', ') ?? 'lists'}`,
    )
    return undefined
  }
  const list: PrincipalMember[] = []
  for (const { name, nameSpan, value: names } of members(value, to)) {
    if (!rules.principals!.members.includes(name)) {
      to.add(
        'INVALID_POLICY_ELEMENT',
        nameSpan,
        `\`${name}\` is no member of a \`Principal\`${to.meant(name, rules.principals!.members)}`,
      )
      continue
    }
    const values = strings(names, `\`${name}\``, to)
    if (values?.length === 0) to.add('EMPTY_LIST', span(names), `\`${name}\` is an empty list`)
    if (values) list.push(Object.freeze({ member: name, values }))
  }
  if (value.children!.length === 0) to.add('MISSING_PRINCIPAL', span(value), `\`${member.name}\` is empty`)
  return Object.freeze({ negated, span: span(value), members: Object.freeze(list) })
}
