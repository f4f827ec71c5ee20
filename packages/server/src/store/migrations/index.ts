import { tables } from './0001-tables.ts'
import { keyring } from './0002-keyring.ts'
import { clocks } from './0003-clocks.ts'
import { tasksAndVersions } from './0004-tasks-and-versions.ts'
import { identities } from './0005-identities.ts'
import { secrets } from './0006-secrets.ts'
import { hostDoubts } from './0007-host-doubts.ts'
import { kindsOfRevisions } from './0008-kinds-of-revisions.ts'
import { accountSettings } from './0009-account-settings.ts'
import { secretRotation } from './0010-secret-rotation.ts'
import { pathsOfPolicies } from './0013-paths-of-policies.ts'
import { organizationCalls } from './0014-organization-calls.ts'
import { auditRetention } from './0016-audit-retention.ts'
import { closedAccounts } from './0017-closed-accounts.ts'
import { pagesOfLists } from './0018-pages-of-lists.ts'
import { resourceUses } from './0019-resource-uses.ts'
import type { Migration } from './migration.ts'

/** Every migration, oldest first. Once released, one is never edited: add another. */
export const migrations: readonly Migration[] = Object.freeze([
  tables,
  keyring,
  clocks,
  tasksAndVersions,
  identities,
  secrets,
  hostDoubts,
  kindsOfRevisions,
  accountSettings,
  secretRotation,
  pathsOfPolicies,
  organizationCalls,
  auditRetention,
  closedAccounts,
  pagesOfLists,
  resourceUses,
])
