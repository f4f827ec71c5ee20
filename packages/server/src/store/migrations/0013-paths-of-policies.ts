import type { Migration } from './migration.ts'

/** What IAM says of entities besides: the paths of policies and agencies, and whether a user is enabled. */
export const pathsOfPolicies: Migration = Object.freeze<Migration>({
  name: '0013-paths-of-policies',
  async run({ schema }) {
    for (const table of ['policies', 'roles'] as const)
      await schema
        .alterTable(table)
        .addColumn('path', 'text', (c) => c.notNull().defaultTo(''))
        .execute()
    await schema
      .alterTable('users')
      .addColumn('enabled', 'integer', (c) => c.notNull().defaultTo(1))
      .execute()
  },
})
