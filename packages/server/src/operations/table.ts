import type { Operation } from '../pipeline/operation.ts'
import { iamOperations } from './iam/index.ts'
import { keywardOperations } from './keyward/index.ts'
import { kmsOperations } from './kms/index.ts'
import { kpsOperations } from './kps/index.ts'
import { organizationOperations } from './organizations/index.ts'
import { imsOperations } from './ram/ims.ts'
import { ramOperations } from './ram/index.ts'
import { allDirectoryOperations } from './resourcemanager/index.ts'
import { secretOperations } from './secrets/index.ts'
import { stsOperations } from './sts/index.ts'

/** The operation table: every call that this service answers. */
export const operations: readonly Operation[] = Object.freeze([
  ...iamOperations,
  ...keywardOperations,
  ...kmsOperations,
  ...kpsOperations,
  ...ramOperations,
  ...imsOperations,
  ...organizationOperations,
  ...allDirectoryOperations,
  ...secretOperations,
  ...stsOperations,
])
