import type { Operation } from '../../pipeline/operation.ts'
import { associateKeypair, batchAssociateKeypair, disassociateKeypair } from './associate.ts'
import { batchImportKeypair } from './batch-import.ts'
import { createKeypair } from './create-keypair.ts'
import { deleteKeypair } from './delete-keypair.ts'
import { batchExportPrivateKey, exportPrivateKey } from './export-private-key.ts'
import { listKeypairs } from './list-keypairs.ts'
import { clearPrivateKey, importPrivateKey } from './private-key.ts'
import { showKeypair } from './show-keypair.ts'
import {
  deleteAllFailedTask,
  deleteFailedTask,
  listFailedTask,
  listKeypairTask,
  listRunningTask,
} from './tasks.ts'
import { updateKeypairDescription } from './update-keypair.ts'

/** Every operation of the key pair service (Huawei Cloud KPS, API v3). */
export const kpsOperations: readonly Operation[] = Object.freeze([
  createKeypair,
  listKeypairs,
  showKeypair,
  updateKeypairDescription,
  deleteKeypair,
  associateKeypair,
  batchAssociateKeypair,
  disassociateKeypair,
  importPrivateKey,
  exportPrivateKey,
  clearPrivateKey,
  listKeypairTask,
  listRunningTask,
  listFailedTask,
  deleteAllFailedTask,
  deleteFailedTask,
  batchImportKeypair,
  batchExportPrivateKey,
])
