import { iamOperations } from '../../operations/iam/index.ts'
import {
  associateKeypair,
  batchAssociateKeypair,
  disassociateKeypair,
} from '../../operations/kps/associate.ts'
import { batchImportKeypair } from '../../operations/kps/batch-import.ts'
import { createKeypair } from '../../operations/kps/create-keypair.ts'
import { deleteKeypair } from '../../operations/kps/delete-keypair.ts'
import { batchExportPrivateKey, exportPrivateKey } from '../../operations/kps/export-private-key.ts'
import { listKeypairs } from '../../operations/kps/list-keypairs.ts'
import { clearPrivateKey, importPrivateKey } from '../../operations/kps/private-key.ts'
import { showKeypair } from '../../operations/kps/show-keypair.ts'
import {
  deleteAllFailedTask,
  deleteFailedTask,
  listFailedTask,
  listKeypairTask,
  listRunningTask,
} from '../../operations/kps/tasks.ts'
import { updateKeypairDescription } from '../../operations/kps/update-keypair.ts'
import { organizationOperations } from '../../operations/organizations/index.ts'
import { stsOperations } from '../../operations/sts/index.ts'
import type { Operation } from '../../pipeline/operation.ts'
import type { RestBinding } from './binding.ts'
import { bindIdentity } from './identity-bindings.ts'
import { bindOrganizations } from './organization-bindings.ts'

type More = Partial<Pick<RestBinding, 'status' | 'query' | 'bytes'>>

function bind(
  method: RestBinding['method'],
  path: string,
  operation: Operation,
  more: More = {},
): RestBinding {
  return Object.freeze<RestBinding>({ wire: 'huawei', operation, method, path, status: 200, ...more })
}

const PAIRS = '/v3/{project_id}/keypairs'
const PAIR = `${PAIRS}/{keypair_name}`
const FAILED = '/v3/{project_id}/failed-tasks'

/** What this wire serves: KPS v3 (reference: huawei-kps.md A), IAM with STS, and Organizations. */
export const huaweiBindings: readonly RestBinding[] = [
  bind('POST', PAIRS, createKeypair),
  bind('GET', PAIRS, listKeypairs, { query: ['limit', 'marker'] }),
  bind('GET', PAIR, showKeypair),
  bind('PUT', PAIR, updateKeypairDescription),
  bind('DELETE', PAIR, deleteKeypair, { status: 204 }),
  bind('POST', `${PAIRS}/associate`, associateKeypair, { status: 202 }),
  bind('POST', `${PAIRS}/batch-associate`, batchAssociateKeypair, { status: 202 }),
  bind('POST', `${PAIRS}/disassociate`, disassociateKeypair, { status: 202 }),
  bind('POST', `${PAIRS}/private-key/import`, importPrivateKey),
  bind('POST', `${PAIRS}/private-key/export`, exportPrivateKey),
  bind('DELETE', `${PAIR}/private-key`, clearPrivateKey),
  bind('POST', `${PAIRS}/batch-import`, batchImportKeypair),
  bind('POST', `${PAIRS}/private-key/batch-export`, batchExportPrivateKey, {
    bytes: { property: 'zip', contentType: 'application/zip' },
  }),
  bind('GET', '/v3/{project_id}/tasks/{task_id}', listKeypairTask),
  bind('GET', '/v3/{project_id}/running-tasks', listRunningTask, { query: ['limit', 'offset'] }),
  bind('GET', FAILED, listFailedTask, { query: ['limit', 'offset'] }),
  bind('DELETE', FAILED, deleteAllFailedTask),
  bind('DELETE', `${FAILED}/{task_id}`, deleteFailedTask),
  ...bindIdentity([...iamOperations, ...stsOperations]),
  ...bindOrganizations(organizationOperations),
]
