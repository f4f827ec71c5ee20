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

/**
 * Shorthand for the actions of a service whose actions have the names of their calls (reference: alibaba-ram.md A.6). Each is
 * on all of its types of resources, or on one of them.
 */
export function actionsOfCalls(service: string, conditionKeys: readonly string[] = []) {
  return (
    name: string,
    access: AccessLevel,
    description: string,
    types: readonly string[],
    eitherOne = false,
  ): ActionInfo =>
    action(`${service}:${name}`, access, description, {
      resources: types.map((type) => ({ type, required: !eitherOne })),
      conditionKeys,
      operations: [name],
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
