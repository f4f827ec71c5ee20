import { Type } from 'typebox'
import { attachedPolicies, entitiesOf } from '../../identity/attached.ts'
import { attachPolicies, detachPolicy, type TargetKind } from '../../identity/attachments.ts'
import { builtInOf, identityPolicy } from '../../identity/built-in.ts'
import type { FoundPolicy } from '../../identity/named.ts'
import type { Operation } from '../../pipeline/operation.ts'
import { dateText, describePolicy, roleArn } from './describe.ts'
import { GroupName, Input, Nothing, PolicyName, PolicyType, RoleName, text, UserName } from './fields.ts'
import { ramRead, ramWrite } from './record.ts'

const KINDS = [
  ['user', 'User', { UserName }],
  ['group', 'Group', { GroupName }],
  ['role', 'Role', { RoleName }],
] as const
const NAMES = { user: 'UserName', group: 'GroupName', role: 'RoleName' } as const

/** Both the policy and what it is attached to are decided on: one alone would let its holder grant anything to itself. */
const attach = (kind: TargetKind, Kind: string, Name: object) =>
  ramWrite({
    action: `AttachPolicyTo${Kind}`,
    summary: `Attach a policy to a ${kind}`,
    input: Input({ PolicyType, PolicyName, ...(Name as { UserName: typeof UserName }) }),
    output: Nothing,
    on: [kind, 'policy'],
    async work(tx, { account, author }, _input, targets) {
      const one = { policy: targets.policy.id, kind, target: targets[kind].id }
      await attachPolicies(tx, account, [one], author)
      return {}
    },
    example: {
      PolicyType: 'Custom',
      PolicyName: '{identity.name}',
      [NAMES[kind]]: '{identity.name}',
    },
  })

const detach = (kind: TargetKind, Kind: string, Name: object) =>
  ramWrite({
    action: `DetachPolicyFrom${Kind}`,
    summary: `Detach a policy from a ${kind}`,
    input: Input({ PolicyType, PolicyName, ...(Name as { UserName: typeof UserName }) }),
    output: Nothing,
    on: [kind, 'policy'],
    async work(tx, { author }, _input, targets) {
      await detachPolicy(tx, { policy: targets.policy.id, kind, target: targets[kind].id }, author)
      return {}
    },
    example: {
      PolicyType: 'Custom',
      PolicyName: '{identity.tied}',
      [NAMES[kind]]: '{identity.tied}',
    },
  })

const Attached = {
  PolicyName: text,
  PolicyType: text,
  Description: text,
  DefaultVersion: text,
  AttachDate: text,
}

const list = (kind: TargetKind, Kind: string, Name: object) =>
  ramRead({
    action: `ListPoliciesFor${Kind}`,
    summary: `List the policies that are attached to a ${kind}`,
    input: Input(Name as { UserName: typeof UserName }),
    output: Type.Object({ Policies: Type.Object({ Policy: Type.Array(Type.Object(Attached)) }) }),
    on: [kind],
    async work({ store }, _input, targets) {
      const rows = await attachedPolicies(store.read, targets[kind].id, kind)
      const policies = rows.flatMap(({ policy_id, attached_at, ...row }) => {
        const builtIn = builtInOf(policy_id)
        if ((builtIn?.language ?? row.language) !== 'ram') return []
        const found = (
          builtIn
            ? { id: policy_id, name: builtIn.name, builtIn: identityPolicy('ram', builtIn.name) }
            : { id: policy_id, name: row.name, row }
        ) as FoundPolicy
        const { CreateDate: _, UpdateDate: __, ...shown } = describePolicy(found)
        return [{ ...shown, AttachDate: dateText(Number(attached_at)) }]
      })
      return { Policies: { Policy: policies.sort((a, b) => (a.PolicyName < b.PolicyName ? -1 : 1)) } }
    },
    example: { [NAMES[kind]]: '{identity.tied}' },
  })

export const attachmentOperations: readonly Operation[] = KINDS.flatMap(([kind, Kind, Name]) => [
  attach(kind, Kind, Name),
  detach(kind, Kind, Name),
  list(kind, Kind, Name),
])

export const listEntitiesForPolicy = ramRead({
  action: 'ListEntitiesForPolicy',
  summary: 'List what a policy is attached to',
  input: Input({ PolicyType, PolicyName }),
  output: Type.Object({
    Users: Type.Object({
      User: Type.Array(Type.Object({ UserId: text, UserName: text, DisplayName: text, AttachDate: text })),
    }),
    Groups: Type.Object({
      Group: Type.Array(Type.Object({ GroupName: text, Comments: text, AttachDate: text })),
    }),
    Roles: Type.Object({
      Role: Type.Array(
        Type.Object({ RoleId: text, RoleName: text, Arn: text, Description: text, AttachDate: text }),
      ),
    }),
  }),
  on: ['policy'],
  async work({ caller, store }, _input, { policy }) {
    const { account } = caller
    const of = (table: 'roles' | 'user_groups' | 'users') =>
      entitiesOf(store.read, account.uid, policy.id, table)
    const date = ({ attached_at }: { attached_at: number }) => ({ AttachDate: dateText(Number(attached_at)) })
    const [users, groups, roles] = [await of('users'), await of('user_groups'), await of('roles')]
    return {
      Users: {
        User: users.map((row) => ({
          UserId: row.ram_id,
          UserName: row.name,
          DisplayName: row.display_name,
          ...date(row),
        })),
      },
      Groups: {
        Group: groups.map((row) => ({ GroupName: row.name, Comments: row.description, ...date(row) })),
      },
      Roles: {
        Role: roles.map((row) => ({
          RoleId: row.ram_id,
          RoleName: row.name,
          Arn: roleArn(account, row.name),
          Description: row.description,
          ...date(row),
        })),
      },
    }
  },
  example: { PolicyType: 'Custom', PolicyName: '{identity.tied}' },
})
