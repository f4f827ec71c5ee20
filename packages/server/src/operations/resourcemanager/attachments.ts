import { Type } from 'typebox'
import { attachLimit, detachLimit } from '../../identity/organization-policies.ts'
import { chunks } from '../../identity/rows.ts'
import type { ReadHandle } from '../../store/store.ts'
import { allPolicies, attachOnce, boundBy } from '../organizations/attached.ts'
import type { FoundFolder, FoundMember } from '../organizations/found.ts'
import { dateText, describeFolder, describePolicy } from './describe.ts'
import { Input, Language, Nothing, Page, Paged, PolicyId, readPage, TargetId, text } from './fields.ts'
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
    const attached = await allPolicies(store.read, { language: 'ram', on: target.id })
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
    const all = store.read.selectFrom('organization_attachments').where('policy_id', '=', policy.id)
    const { page, ...more } = await readPage(input, {
      async count() {
        const counted = all.select((eb) => eb.fn.countAll<number>().as('count'))
        return Number((await counted.executeTakeFirstOrThrow()).count)
      },
      read: ({ offset, limit }) => all.selectAll().orderBy('target_id').limit(limit).offset(offset).execute(),
    })
    const ids = page.map(({ target_id }) => target_id)
    const targets = await targetsOf(store.read, ids, organization.root.id)
    const TargetAttachment = page.map(({ target_id, created_at }) => ({
      ...targets.get(target_id)!,
      AttachDate: dateText(created_at),
    }))
    return { ...more, TargetAttachments: { TargetAttachment } }
  },
  example: { PolicyId: '{organization.attachedPolicyId}' },
})

async function targetsOf(db: ReadHandle, ids: readonly string[], root: string) {
  const found = new Map<string, { TargetId: string; TargetName: string; TargetType: string }>()
  for (const part of chunks(ids)) {
    const folders = db.selectFrom('organization_folders').selectAll()
    for (const row of await folders.where('id', 'in', part).execute()) {
      const { FolderId: TargetId, FolderName: TargetName } = describeFolder(row, root)
      found.set(row.id, { TargetId, TargetName, TargetType: row.id === root ? 'Root' : 'Folder' })
    }
    const accounts = db.selectFrom('accounts').select(['id', 'name'])
    for (const { id, name } of await accounts.where('id', 'in', part).execute())
      found.set(id, { TargetId: id, TargetName: name, TargetType: 'Account' })
  }
  return found
}
