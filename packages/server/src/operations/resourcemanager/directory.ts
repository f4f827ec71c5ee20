import { Type } from 'typebox'
import { changeSetting, readSetting } from '../../identity/account-settings.ts'
import { deleteOrganization } from '../../identity/organization.ts'
import { disableType, enableType } from '../../identity/organization-types.ts'
import type { WriteHandle } from '../../store/store.ts'
import { allMembers } from '../organizations/found.ts'
import { makeOrganization, newOrganizationIds } from '../organizations/make.ts'
import type { WriteCall } from '../organizations/record.ts'
import { describeDirectory } from './describe.ts'
import { Input, Nothing, ResourceDirectory, text } from './fields.ts'
import { directoryRead, directoryWrite } from './record.ts'

const made = {
  output: Type.Object({ ResourceDirectory: Type.Object(ResourceDirectory) }),
  names: {},
  on: [],
  who: 'operator' as const,
  prepare: newOrganizationIds,
  async work(
    tx: WriteHandle,
    call: WriteCall,
    _: unknown,
    _things: object,
    ids: { id: string; root: string },
  ) {
    return { ResourceDirectory: describeDirectory(await makeOrganization(tx, call, ids)) }
  },
}

export const initResourceDirectory = directoryWrite({
  call: 'InitResourceDirectory',
  summary: 'Make the resource directory; the account becomes its management account',
  input: Input({}),
  ...made,
  example: {},
})

/** A management account that is made for it is not offered. */
export const enableResourceDirectory = directoryWrite({
  call: 'EnableResourceDirectory',
  summary: 'Make the resource directory; the account becomes its management account',
  input: Input({
    EnableMode: Type.Literal('CurrentAccount'),
    MAName: Type.Optional(text),
    MASecureMobilePhone: Type.Optional(text),
    VerificationCode: Type.Optional(text),
  }),
  ...made,
  example: { EnableMode: 'CurrentAccount' },
})

export const destroyResourceDirectory = directoryWrite({
  call: 'DestroyResourceDirectory',
  summary: 'Delete the resource directory, in which no other account is any more',
  input: Input({}),
  output: Nothing,
  names: {},
  on: [],
  async work(tx) {
    await deleteOrganization(tx)
    return {}
  },
  example: {},
})

/** Every account in it may look at it: the call is decided on the caller's own account. */
export const getResourceDirectory = directoryRead({
  call: 'GetResourceDirectory',
  summary: 'Show the resource directory that the account is in',
  input: Input({}),
  output: Type.Object({
    ResourceDirectory: Type.Object({
      ...ResourceDirectory,
      ControlPolicyStatus: text,
      MemberDeletionStatus: text,
      MemberAccountDisplayNameSyncStatus: text,
      IdentityInformation: text,
    }),
  }),
  names: {},
  on: [],
  who: 'own',
  work: async ({ store }, _input, _things, organization) => ({
    ResourceDirectory: {
      ...describeDirectory(organization),
      ControlPolicyStatus: organization.enabled.ram ? 'Enabled' : 'Disabled',
      MemberDeletionStatus: organization.deletion ? 'Enabled' : 'Disabled',
      MemberAccountDisplayNameSyncStatus: 'Disabled',
      ...(await readSetting(store.read, organization.management.uid, 'resource-directory')),
      IdentityInformation: '',
    },
  }),
  example: {},
})

/** A display name is the account's own here: the setting comes back as it was set. */
export const setMemberDisplayNameSyncStatus = directoryWrite({
  call: 'SetMemberDisplayNameSyncStatus',
  summary: 'Say whether display names go with those of accounts; nothing goes by it',
  input: Input({ Status: Type.Union([Type.Literal('Enabled'), Type.Literal('Disabled')]) }),
  output: Type.Object({ MemberAccountDisplayNameSyncStatus: text }),
  names: {},
  on: [],
  async work(tx, { organization }, { Status }) {
    const setting = { MemberAccountDisplayNameSyncStatus: Status }
    await changeSetting(tx, organization.management.uid, 'resource-directory', setting)
    return setting
  },
  example: { Status: 'Enabled' },
})

const status = { output: Type.Object({ EnablementStatus: text }), input: Input({}), names: {}, on: [] }
const everyone = {
  binds: async (db: WriteHandle) => (await allMembers(db)).map(({ account_uid }) => account_uid),
}

export const enableControlPolicy = directoryWrite({
  call: 'EnableControlPolicy',
  summary: 'Switch control policies on; each folder and account begins with the one that allows all',
  ...status,
  ...everyone,
  async work(tx, { author }) {
    await enableType(tx, 'ram', author.now)
    return { EnablementStatus: 'Enabled' }
  },
  example: {},
})

export const disableControlPolicy = directoryWrite({
  call: 'DisableControlPolicy',
  summary: 'Switch control policies off; each is detached from everything',
  ...status,
  ...everyone,
  async work(tx) {
    await disableType(tx, 'ram')
    return { EnablementStatus: 'Disabled' }
  },
  example: {},
})

export const getControlPolicyEnablementStatus = directoryRead({
  call: 'GetControlPolicyEnablementStatus',
  summary: 'Tell whether control policies are switched on',
  ...status,
  who: 'readers',
  work: (_scope, _input, _things, { enabled }) => ({
    EnablementStatus: enabled.ram ? 'Enabled' : 'Disabled',
  }),
  example: {},
})
