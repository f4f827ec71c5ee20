import type { IdentityTables } from '../../store/schema/identity.ts'
import type { ReadHandle } from '../../store/store.ts'
import type { DeclaredWorld } from './declared.ts'

type AccountRow = IdentityTables['accounts']

const moved = new WeakMap<DeclaredWorld, DeclaredWorld>()

/**
 * A world that was written by another service, as this one takes it: the account that was the operator there is the
 * operator's here. Its ids give way to those of the operator wherever the file says them, also inside policies, so that
 * what a policy says of a user of that account it says of the same user here. A world that says nothing of an operator, or
 * whose account is here, stays as it is.
 */
export async function moveOperator(
  db: ReadHandle,
  world: DeclaredWorld,
  operator: AccountRow,
): Promise<DeclaredWorld> {
  const known = moved.get(world)
  if (known) return known
  const there = world.accounts.find(({ uid }) => uid !== undefined && uid === world.operator)
  if (!there?.uid || there.uid === operator.id) return world
  if (await db.selectFrom('accounts').select('id').where('id', '=', there.uid).executeTakeFirst())
    return world
  const ids = [
    [there.uid, operator.id],
    [there.domainId, operator.domain_id],
    [there.projectId, operator.project_id],
  ] as const
  let text = JSON.stringify(world)
  for (const [old, own] of ids) if (old !== undefined) text = text.replaceAll(old, own)
  const message = `written by another service, whose operator \`${there.uid}\` is \`${operator.id}\` here: its ids are replaced in the whole file`
  const result = JSON.parse(text) as DeclaredWorld
  const warning = { path: 'operator', line: 1, column: 1, message }
  const whole = { ...result, warnings: [warning, ...result.warnings] }
  moved.set(world, whole)
  return whole
}
