import { catalogue } from '../catalogue.ts'
import { iamGlobalKeys } from './global-keys.ts'
import { ecs, evs, ims, vpc } from './hosts.ts'
import { iam } from './iam.ts'
import { kms } from './kms.ts'
import { kps } from './kps.ts'
import { organizations } from './organizations.ts'
import { sts } from './sts.ts'
import { iamSystemPolicies } from './system-policies.ts'

export const iamCatalogue = catalogue(
  [kps, kms, ecs, evs, ims, vpc, sts, iam, organizations],
  iamGlobalKeys,
  iamSystemPolicies,
)
