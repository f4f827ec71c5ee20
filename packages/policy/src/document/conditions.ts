import type { Node } from 'jsonc-parser'
import type { ValueKind } from '../condition/types.ts'
import type { Dialect, LanguageDefinition, Qualifier } from '../language/types.ts'
import type { FindingCode } from './codes.ts'
import type { Condition, Located } from './model.ts'
import { kindOf, members, type Report, span, strings } from './syntax.ts'

type OperatorParts = Pick<Condition, 'base' | 'qualifier' | 'ifExists'>

/** Takes an operator apart by the rules of the dialect; undefined when it has no such operator. */
export function operatorParts(dialect: Dialect, name: string): OperatorParts | undefined {
  const qualifier = dialect.qualifiers.find((one): one is Qualifier => name.startsWith(`${one}:`))
  const rest = qualifier ? name.slice(qualifier.length + 1) : name
  const ifExists = dialect.ifExists && rest.endsWith('IfExists')
  const base = ifExists ? rest.slice(0, -'IfExists'.length) : rest
  const operator = dialect.operators.get(base)
  if (!operator) return undefined
  if (operator.comparison.kind === 'presence' && (qualifier || ifExists)) return undefined
  return { base, ifExists, ...(qualifier && { qualifier }) }
}

const unreadable: Record<Exclude<ValueKind, 'string'>, readonly [code: FindingCode, what: string]> = {
  number: ['INVALID_NUMBER', 'a decimal number'],
  date: ['INVALID_DATE', 'an ISO 8601 date'],
  boolean: ['INVALID_BOOLEAN', '`true` or `false`'],
  presence: ['INVALID_BOOLEAN', '`true` or `false`'],
  address: ['INVALID_ADDRESS', 'an address or a CIDR block'],
}

/** Reads a `Condition` block: operator, key, values. */
export function readConditions(
  node: Node | undefined,
  language: LanguageDefinition,
  dialect: Dialect,
  to: Report,
): readonly Condition[] {
  if (!node) return []
  if (node.type !== 'object') {
    to.add('DATA_TYPE_MISMATCH', span(node), `\`Condition\` is ${kindOf(node)}, not an object of operators`)
    return []
  }
  return members(node, to).flatMap(({ name, nameSpan, value: keys }) => {
    const parts = operatorParts(dialect, name)
    if (!parts) {
      to.add(
        'UNKNOWN_OPERATOR',
        nameSpan,
        `\`${name}\` is no condition operator of this language${to.meant(name, dialect.operators.keys())}`,
      )
      return []
    }
    if (keys.type !== 'object') {
      to.add(
        'DATA_TYPE_MISMATCH',
        span(keys),
        `\`${name}\` is ${kindOf(keys)}, not an object of condition keys`,
      )
      return []
    }
    const operator: Located<string> = Object.freeze({ value: name, ...nameSpan })
    return members(keys, to).flatMap(({ name: key, nameSpan: keySpan, value }) => {
      const values = readValues(value, key, parts, language, dialect, to)
      const at: Located<string> = Object.freeze({ value: key, ...keySpan })
      if (key === '') to.add('INVALID_CONDITION_KEY', keySpan, 'this condition key is empty')
      return values ? [Object.freeze<Condition>({ operator, ...parts, key: at, values })] : []
    })
  })
}

function readValues(
  node: Node,
  key: string,
  parts: OperatorParts,
  language: LanguageDefinition,
  dialect: Dialect,
  to: Report,
): readonly Located<string>[] | undefined {
  const values = strings(node, `\`${key}\``, to)
  if (!values) return undefined
  if (values.length === 0) {
    to.add('EMPTY_LIST', span(node), `\`${key}\` has no value`)
    return undefined
  }
  const { comparison } = dialect.operators.get(parts.base)!
  const reading = { unixSeconds: language.catalogue.conditionKey(key)?.unixSeconds === true }
  const wrong = values.filter((value) => !comparison.readable(value.value, reading))
  for (const value of wrong) {
    const [code, what] = unreadable[comparison.kind as Exclude<ValueKind, 'string'>]
    to.add(code, value, `\`${value.value}\` is not ${what}`)
  }
  return wrong.length > 0 ? undefined : values
}
