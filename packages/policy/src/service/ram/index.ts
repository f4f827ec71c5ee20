import { catalogue } from '../catalogue.ts'
import { ramGlobalKeys } from './global-keys.ts'
import { keyward } from './keyward.ts'
import { kms } from './kms.ts'
import { ram } from './ram.ts'
import { resourcemanager } from './resourcemanager.ts'
import { sts } from './sts.ts'
import { ramSystemPolicies } from './system-policies.ts'

export const ramCatalogue = catalogue(
  [kms, sts, ram, resourcemanager, keyward],
  ramGlobalKeys,
  ramSystemPolicies,
)
