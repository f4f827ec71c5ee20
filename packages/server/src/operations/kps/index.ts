import type { Operation } from '../../pipeline/operation.ts'
import { createKeypair } from './create-keypair.ts'
import { deleteKeypair } from './delete-keypair.ts'
import { listKeypairs } from './list-keypairs.ts'
import { showKeypair } from './show-keypair.ts'

/** Every operation of the key pair service (Huawei Cloud KPS, API v3). */
export const kpsOperations: readonly Operation[] = Object.freeze([
  createKeypair,
  listKeypairs,
  showKeypair,
  deleteKeypair,
])
