import Type from 'typebox'
import type { NameRule } from './limits.ts'

// Names and texts of a directory, as every schema has them: that of the apply file and those of calls on either wire.
// `title` and `description` are the rule in words: the mistakes that a reader of a file sees are made from them.

export function nameField(what: string, rule: NameRule) {
  return Type.String({
    title: what,
    description: rule.rule,
    pattern: rule.pattern,
    minLength: 1,
    maxLength: rule.maxLength,
  })
}

export function textField(maxLength: number, description: string) {
  return Type.String({ maxLength, description })
}
