import { Type } from 'typebox'
import { attachLimit, detachLimit } from '../../identity/organization-policies.ts'
import { readAccount } from '../../identity/queries.ts'
import type { ReadHandle } from '../../store/store.ts'
import { allPolicies, attachOnce, boundBy } from '../organizations/attached.ts'
import type { FoundFolder, FoundMember } from '../organizations/found.ts'
import { dateText, describeFolder, describePolicy } from './describe.ts'
import { Input, Language, Nothing, Page, Paged, PolicyId, pageOf, TargetId, text } from './fields.ts'
import { directoryRead, directoryWrite } from './record.ts'

type Target = FoundFolder | FoundMember

const both = {
  input: Input({ PolicyId, TargetId }),
  output: Nothing,
  names: { policy: 'policy', target: 'target' },
  idsOf: ({ PolicyId, TargetId }: { PolicyId: string; TargetId: string }) => ({
    policy: PolicyId,
    target: TargetId,
  }),
  on: ['target'],
  binds: (db: ReadHandle, { target }: { target?: Target }) => boundBy(db, target),
} as const

export const attachControlPolicy = directoryWrite({
  call: 'AttachControlPolicy',
  summary: 'Attach a control policy to a folder or a member',
  ...both,
  async work(tx, { author }, _input, { policy, target }) {
    await attachOnce(() => attachLimit(tx, target.id, 'ram', policy.id, author.now))
    return {}
  },
  example: {
    PolicyId: '{organization.controlPolicyId}',
    TargetId: '{organization.folderId}',
  },
})

export const detachControlPolicy = directoryWrite({
  call: 'DetachControlPolicy',
  summary: 'Detach a control policy; the last one stays',
  ...both,
  async work(tx, _call, _input, { policy, target }) {
    await detachLimit(tx, target.id, 'ram', policy.id)
    return {}
  },
  example: {
    PolicyId: '{organization.attachedPolicyId}',
    TargetId: '{organization.folderId}',
  },
})

export const listControlPolicyAttachmentsForTarget = directoryRead({
  call: 'ListControlPolicyAttachmentsForTarget',
  summary: 'List the control policies that are attached to a folder or a member',
  input: Input({ TargetId, Language }),
  output: Type.Object({
    ControlPolicyAttachments: Type.Object({
      ControlPolicyAttachment: Type.Array(
        Type.Object({
          PolicyId: text,
          PolicyName: text,
          PolicyType: text,
          Description: text,
          EffectScope: text,
          AttachDate: text,
        }),
      ),
    }),
  }),
  names: { target: 'target' },
  idsOf: ({ TargetId }) => ({ target: TargetId }),
  on: ['target'],
  async work({ store }, _input, { target }) {
    const rows = await store.read
      .selectFrom('organization_attachments')
      .selectAll()
      .where('target_id', '=', target.id)
      .where('language', '=', 'ram')
      .execute()
    const dates = new Map(rows.map(({ policy_id, created_at }) => [policy_id, created_at]))
    const attached = (await allPolicies(store.read, 'ram')).filter(({ id }) => dates.has(id))
    const ControlPolicyAttachment = attached.map((policy) => {
      const { PolicyId, PolicyName, PolicyType, Description, EffectScope } = describePolicy(policy, 0)
      const AttachDate = dateText(dates.get(policy.id)!)
      return { PolicyId, PolicyName, PolicyType, Description, EffectScope, AttachDate }
    })
    return { ControlPolicyAttachments: { ControlPolicyAttachment } }
  },
  example: { TargetId: '{organization.folderId}' },
})

export const listTargetAttachmentsForControlPolicy = directoryRead({
  call: 'ListTargetAttachmentsForControlPolicy',
  summary: 'List what a control policy is attached to',
  input: Input({ ...Page, PolicyId }),
  output: Type.Object({
    ...Paged,
    TargetAttachments: Type.Object({
      TargetAttachment: Type.Array(
        Type.Object({ TargetId: text, TargetName: text, TargetType: text, AttachDate: text }),
      ),
    }),
  }),
  names: { policy: 'policy' },
  idsOf: ({ PolicyId }) => ({ policy: PolicyId }),
  on: [],
  who: 'readers',
  async work({ store }, input, { policy }, organization) {
    const rows = await store.read
      .selectFrom('organization_attachments')
      .selectAll()
      .where('policy_id', '=', policy.id)
      .orderBy('target_id')
      .execute()
    const { page, ...more } = pageOf(rows, input)
    const TargetAttachment = []
    for (const { target_id, created_at } of page) {
      const target = await targetOf(store.read, target_id, organization.root.id)
      TargetAttachment.push({ ...target, AttachDate: dateText(created_at) })
    }
    return { ...more, TargetAttachments: { TargetAttachment } }
  },
  example: { PolicyId: '{organization.attachedPolicyId}' },
})

async function targetOf(db: ReadHandle, id: string, root: string) {
  const folders = db.selectFrom('organization_folders').selectAll()
  const folder = await folders.where('id', '=', id).executeTakeFirst()
  if (folder) {
    const { FolderId: TargetId, FolderName: TargetName } = describeFolder(folder, root)
    return { TargetId, TargetName, TargetType: id === root ? 'Root' : 'Folder' }
  }
  const account = await readAccount(db, 'id', id)
  return { TargetId: id, TargetName: account?.name ?? '', TargetType: 'Account' }
}
