import type { Operation } from '../../pipeline/operation.ts'
import { listAccounts, listAccountsForParent } from './account-lists.ts'
import {
  createResourceAccount,
  getAccount,
  moveAccount,
  removeCloudAccount,
  updateAccount,
} from './accounts.ts'
import {
  attachControlPolicy,
  detachControlPolicy,
  listControlPolicyAttachmentsForTarget,
  listTargetAttachmentsForControlPolicy,
} from './attachments.ts'
import {
  createControlPolicy,
  deleteControlPolicy,
  getControlPolicy,
  listControlPolicies,
  updateControlPolicy,
} from './control-policies.ts'
import {
  deregisterDelegatedAdministrator,
  listDelegatedAdministrators,
  listDelegatedServicesForAccount,
  listTrustedServiceStatus,
  registerDelegatedAdministrator,
} from './delegated.ts'
import {
  checkAccountDelete,
  deleteAccount,
  getAccountDeletionCheckResult,
  getAccountDeletionStatus,
  setMemberDeletionPermission,
} from './deletion.ts'
import {
  destroyResourceDirectory,
  disableControlPolicy,
  enableControlPolicy,
  enableResourceDirectory,
  getControlPolicyEnablementStatus,
  getResourceDirectory,
  initResourceDirectory,
  setMemberDisplayNameSyncStatus,
} from './directory.ts'
import {
  createFolder,
  deleteFolder,
  getFolder,
  listAncestors,
  listFoldersForParent,
  updateFolder,
} from './folders.ts'
import {
  acceptHandshake,
  cancelHandshake,
  declineHandshake,
  getHandshake,
  inviteAccountToResourceDirectory,
  listHandshakesForAccount,
  listHandshakesForResourceDirectory,
} from './handshakes.ts'
import { getPayerForAccount, updatePayerForAccount } from './payers.ts'
import { listTagKeys, listTagValues } from './tag-lists.ts'
import { listTagResources, tagResources, untagResources } from './tags.ts'

/** What both versions of the API have. */
const common: readonly Operation[] = [
  enableResourceDirectory,
  getResourceDirectory,
  destroyResourceDirectory,
  createFolder,
  getFolder,
  updateFolder,
  deleteFolder,
  listFoldersForParent,
  listAncestors,
  createResourceAccount,
  getAccount,
  updateAccount,
  moveAccount,
  removeCloudAccount,
  setMemberDeletionPermission,
  checkAccountDelete,
  getAccountDeletionCheckResult,
  deleteAccount,
  getAccountDeletionStatus,
  listAccounts,
  listAccountsForParent,
  getPayerForAccount,
  inviteAccountToResourceDirectory,
  getHandshake,
  cancelHandshake,
  acceptHandshake,
  declineHandshake,
  listHandshakesForAccount,
  listHandshakesForResourceDirectory,
  enableControlPolicy,
  disableControlPolicy,
  getControlPolicyEnablementStatus,
  createControlPolicy,
  getControlPolicy,
  updateControlPolicy,
  deleteControlPolicy,
  listControlPolicies,
  attachControlPolicy,
  detachControlPolicy,
  listControlPolicyAttachmentsForTarget,
  listTargetAttachmentsForControlPolicy,
  registerDelegatedAdministrator,
  deregisterDelegatedAdministrator,
  listDelegatedAdministrators,
  listDelegatedServicesForAccount,
  tagResources,
  untagResources,
  listTagResources,
  listTrustedServiceStatus,
  listTagKeys,
  listTagValues,
]

/** Of ResourceManager 2020-03-31. */
export const resourceManagerOperations: readonly Operation[] = [initResourceDirectory, ...common]

/** Of ResourceDirectoryMaster 2022-04-19. */
export const directoryOperations: readonly Operation[] = [
  ...common,
  updatePayerForAccount,
  setMemberDisplayNameSyncStatus,
]

/** Of both, each once. */
export const allDirectoryOperations: readonly Operation[] = [initResourceDirectory, ...directoryOperations]
