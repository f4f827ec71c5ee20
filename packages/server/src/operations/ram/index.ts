import type { Operation } from '../../pipeline/operation.ts'
import {
  createAccessKey,
  deleteAccessKey,
  getAccessKeyLastUsed,
  listAccessKeys,
  updateAccessKey,
} from './access-keys.ts'
import { clearAccountAlias, getAccountAlias, setAccountAlias } from './account-alias.ts'
import { attachmentOperations, listEntitiesForPolicy } from './attachments.ts'
import { decodeDiagnosticMessage } from './decode-diagnostic-message.ts'
import {
  addUserToGroup,
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  listGroupsForUser,
  listUsersForGroup,
  removeUserFromGroup,
  updateGroup,
} from './groups.ts'
import {
  createLoginProfile,
  deleteLoginProfile,
  getLoginProfile,
  updateLoginProfile,
} from './login-profiles.ts'
import { ramNotOffered } from './not-offered.ts'
import { createPolicy, deletePolicy, getPolicy, listPolicies, updatePolicyDescription } from './policies.ts'
import { createRole, deleteRole, getRole, listRoles, updateRole } from './roles.ts'
import { ramSettings } from './settings.ts'
import { listTagResources, tagResources, untagResources } from './tags.ts'
import {
  createUser,
  deleteUser,
  getUser,
  getUserMfaInfo,
  listUsers,
  unbindMfaDevice,
  updateUser,
} from './users.ts'
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from './versions.ts'

export const ramOperations: readonly Operation[] = [
  createUser,
  getUser,
  updateUser,
  deleteUser,
  listUsers,
  getUserMfaInfo,
  unbindMfaDevice,
  createGroup,
  getGroup,
  updateGroup,
  deleteGroup,
  listGroups,
  addUserToGroup,
  removeUserFromGroup,
  listGroupsForUser,
  listUsersForGroup,
  createRole,
  getRole,
  updateRole,
  deleteRole,
  listRoles,
  createPolicy,
  getPolicy,
  updatePolicyDescription,
  deletePolicy,
  listPolicies,
  createPolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
  deletePolicyVersion,
  ...attachmentOperations,
  listEntitiesForPolicy,
  createAccessKey,
  updateAccessKey,
  deleteAccessKey,
  listAccessKeys,
  getAccessKeyLastUsed,
  createLoginProfile,
  getLoginProfile,
  updateLoginProfile,
  deleteLoginProfile,
  setAccountAlias,
  getAccountAlias,
  clearAccountAlias,
  ...ramSettings,
  tagResources,
  untagResources,
  listTagResources,
  decodeDiagnosticMessage,
  ...ramNotOffered,
]
