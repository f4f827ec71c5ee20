import type { Operation } from '../../pipeline/operation.ts'
import {
  createAccessKey,
  deleteAccessKey,
  listAccessKeys,
  showAccessKeyLastUsed,
  updateAccessKey,
} from './access-keys.ts'
import { getAccountSummary } from './account.ts'
import {
  createAgency,
  deleteAgency,
  getAgency,
  listAgencies,
  updateAgency,
  updateTrustPolicy,
} from './agencies.ts'
import { attachmentOperations, listEntitiesForPolicy } from './attachments.ts'
import {
  addUserToGroup,
  createGroup,
  deleteGroup,
  listGroups,
  removeUserFromGroup,
  showGroup,
  updateGroup,
} from './groups.ts'
import {
  createLoginProfile,
  deleteLoginProfile,
  showLoginProfile,
  updateLoginProfile,
} from './login-profiles.ts'
import { createPolicy, deletePolicy, getPolicy, listPolicies } from './policies.ts'
import { listAuthDomains, listProjects } from './projects.ts'
import { getAuthorizationSchema, listRegisteredServices } from './schemas.ts'
import {
  createServiceLinkedAgency,
  deleteServiceLinkedAgency,
  getServiceLinkedAgencyDeletionStatus,
} from './service-agencies.ts'
import { listResourceTags, tagResource, untagResource } from './tags.ts'
import { createUser, deleteUser, listUsers, showUser, showUserLastLogin, updateUser } from './users.ts'
import {
  createPolicyVersion,
  deletePolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
} from './versions.ts'

/** IAM v5, and what clients ask of the versions before it. */
export const iamOperations: readonly Operation[] = [
  createUser,
  showUser,
  updateUser,
  deleteUser,
  listUsers,
  showUserLastLogin,
  createLoginProfile,
  showLoginProfile,
  updateLoginProfile,
  deleteLoginProfile,
  createAccessKey,
  listAccessKeys,
  updateAccessKey,
  deleteAccessKey,
  showAccessKeyLastUsed,
  createGroup,
  showGroup,
  updateGroup,
  deleteGroup,
  listGroups,
  addUserToGroup,
  removeUserFromGroup,
  createPolicy,
  getPolicy,
  deletePolicy,
  listPolicies,
  createPolicyVersion,
  getPolicyVersion,
  listPolicyVersions,
  setDefaultPolicyVersion,
  deletePolicyVersion,
  ...attachmentOperations,
  listEntitiesForPolicy,
  createAgency,
  getAgency,
  updateAgency,
  updateTrustPolicy,
  deleteAgency,
  createServiceLinkedAgency,
  deleteServiceLinkedAgency,
  getServiceLinkedAgencyDeletionStatus,
  listAgencies,
  tagResource,
  untagResource,
  listResourceTags,
  getAccountSummary,
  getAuthorizationSchema,
  listRegisteredServices,
  listProjects,
  listAuthDomains,
]
