import type { AccessLevel, ActionInfo, ConditionKeyInfo, KeyType } from './types.ts'

/** Shorthand for rows of action tables. */
export function action(
  name: string,
  access: AccessLevel,
  description: string,
  more: Partial<
    Pick<
      ActionInfo,
      'resources' | 'conditionKeys' | 'aliases' | 'dependencies' | 'operations' | 'crossAccount' | 'decided'
    >
  > = {},
): ActionInfo {
  return Object.freeze({
    name,
    access,
    description,
    resources: [],
    conditionKeys: [],
    aliases: [],
    dependencies: [],
    operations: [],
    crossAccount: false,
    ...more,
  })
}

/** Shorthand for rows of condition-key tables. */
export function conditionKey(
  name: string,
  type: KeyType,
  description: string,
  more: Partial<Omit<ConditionKeyInfo, 'name' | 'type' | 'description'>> = {},
): ConditionKeyInfo {
  return Object.freeze({ name, type, description, multiValued: false, global: false, ...more })
}

/** A key that goes with every action. */
export function globalKey(
  name: string,
  type: KeyType,
  description: string,
  more: Partial<Omit<ConditionKeyInfo, 'name' | 'type' | 'description'>> = {},
): ConditionKeyInfo {
  return conditionKey(name, type, description, { ...more, global: true })
}
