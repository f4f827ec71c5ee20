import { keywardOperations } from '../../operations/keyward/index.ts'
import { kmsOperations } from '../../operations/kms/index.ts'
import { imsOperations } from '../../operations/ram/ims.ts'
import { ramOperations } from '../../operations/ram/index.ts'
import { directoryOperations, resourceManagerOperations } from '../../operations/resourcemanager/index.ts'
import { secretOperations } from '../../operations/secrets/index.ts'
import { assumeRole } from '../../operations/sts/assume-role.ts'
import { getCallerIdentity } from '../../operations/sts/get-caller-identity.ts'
import type { Operation } from '../../pipeline/operation.ts'
import type { Product, RpcBinding } from './binding.ts'

/** What this wire serves: product, version and operations. `Action` is the operation's own name. */
const SERVED: readonly (readonly [Product, string, readonly Operation[]])[] = [
  ['Kms', '2016-01-20', [...kmsOperations, ...secretOperations]],
  ['Ram', '2015-05-01', ramOperations],
  ['Ims', '2019-08-15', imsOperations],
  ['Sts', '2015-04-01', [assumeRole, getCallerIdentity]],
  ['ResourceManager', '2020-03-31', resourceManagerOperations],
  ['ResourceDirectoryMaster', '2022-04-19', directoryOperations],
  ['Keyward', '2026-11-01', keywardOperations],
]

/** Calls that take `DryRun`, as their pages list them; those on MACs, which have no page, like the others. */
const DRY_RUN: ReadonlySet<string> = new Set(
  [
    'GetPublicKey',
    'GetSecretValue',
    'Encrypt',
    'Decrypt',
    'ReEncrypt',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'ExportDataKey',
    'GenerateAndExportDataKey',
    'AsymmetricSign',
    'AsymmetricVerify',
    'AsymmetricEncrypt',
    'AsymmetricDecrypt',
    'GenerateMac',
    'VerifyMac',
  ]
    .map((action) => `kms:${action}`)
    .concat(
      ['EnableResourceDirectory', 'CreateResourceAccount', 'UpdateAccount'].map(
        (action) => `resourcemanager:${action}`,
      ),
    ),
)

/** Calls that tell item by item what went wrong. */
const ITEM_ERRORS: ReadonlySet<string> = new Set(['kms:BatchGetSecretValue'])

export const alibabaBindings: readonly RpcBinding[] = SERVED.flatMap(([product, version, operations]) =>
  operations.map((operation) =>
    Object.freeze<RpcBinding>({
      wire: 'alibaba',
      operation,
      product,
      version,
      action: operation.name.slice(operation.name.indexOf(':') + 1),
      ...(DRY_RUN.has(operation.name) && { dryRun: true }),
      ...(ITEM_ERRORS.has(operation.name) && { itemErrors: true }),
    }),
  ),
)
