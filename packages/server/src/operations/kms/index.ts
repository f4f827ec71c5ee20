import type { Operation } from '../../pipeline/operation.ts'
import { createKey } from './create-key.ts'
import { decrypt } from './decrypt.ts'
import { describeKey } from './describe-key.ts'
import { describeRegions } from './describe-regions.ts'
import { encrypt } from './encrypt.ts'
import { generateDataKey } from './generate-data-key.ts'
import { getKeyPolicy, setKeyPolicy } from './key-policy.ts'
import { listKeys } from './list-keys.ts'

export const kmsOperations: readonly Operation[] = [
  createKey,
  decrypt,
  describeKey,
  describeRegions,
  encrypt,
  generateDataKey,
  getKeyPolicy,
  listKeys,
  setKeyPolicy,
]
