import type { Operation } from '../../pipeline/operation.ts'
import { createAlias, deleteAlias, updateAlias } from './aliases.ts'
import { asymmetricDecrypt, asymmetricEncrypt } from './asymmetric-encrypt.ts'
import { asymmetricSign, asymmetricVerify } from './asymmetric-sign.ts'
import {
  cancelKeyDeletion,
  disableKey,
  enableKey,
  scheduleKeyDeletion,
  updateKeyDescription,
} from './change-key.ts'
import { createKey } from './create-key.ts'
import { decrypt } from './decrypt.ts'
import { setDeletionProtection } from './deletion-protection.ts'
import { describeKey } from './describe-key.ts'
import { describeRegions } from './describe-regions.ts'
import { encrypt } from './encrypt.ts'
import { exportDataKey, generateAndExportDataKey } from './export-data-key.ts'
import { generateDataKey, generateDataKeyWithoutPlaintext } from './generate-data-key.ts'
import { getPublicKey } from './get-public-key.ts'
import { deleteKeyMaterial, getParametersForImport, importKeyMaterial } from './import-material.ts'
import { getDefaultKmsInstance, getKmsInstanceQuotaInfos, listKmsInstances } from './instances.ts'
import { getKeyPolicy, setKeyPolicy } from './key-policy.ts'
import { createKeyVersion, describeKeyVersion, listKeyVersions } from './key-versions.ts'
import { listAliases, listAliasesByKeyId } from './list-aliases.ts'
import { listKeys } from './list-keys.ts'
import { generateMac, verifyMac } from './mac.ts'
import { reEncrypt } from './re-encrypt.ts'
import { refusedOperations } from './refused.ts'
import { updateRotationPolicy } from './rotation-policy.ts'
import { describeAccountKmsStatus, describeService, openKmsService } from './service.ts'
import { listResourceTags, tagResource, untagResource } from './tag-key.ts'
import { listTagResources, tagResources, untagResources } from './tag-keys.ts'

/** Every operation on keys of KMS 2016-01-20 (reference: alibaba-kms.md A.1). */
export const kmsOperations: readonly Operation[] = [
  describeRegions,
  describeAccountKmsStatus,
  openKmsService,
  describeService,
  getDefaultKmsInstance,
  getKmsInstanceQuotaInfos,
  listKmsInstances,
  createKey,
  listKeys,
  describeKey,
  updateKeyDescription,
  enableKey,
  disableKey,
  scheduleKeyDeletion,
  cancelKeyDeletion,
  setDeletionProtection,
  getPublicKey,
  createAlias,
  updateAlias,
  deleteAlias,
  listAliases,
  listAliasesByKeyId,
  createKeyVersion,
  describeKeyVersion,
  listKeyVersions,
  updateRotationPolicy,
  getParametersForImport,
  importKeyMaterial,
  deleteKeyMaterial,
  encrypt,
  decrypt,
  generateDataKey,
  generateDataKeyWithoutPlaintext,
  exportDataKey,
  generateAndExportDataKey,
  asymmetricSign,
  asymmetricVerify,
  asymmetricEncrypt,
  asymmetricDecrypt,
  generateMac,
  verifyMac,
  reEncrypt,
  setKeyPolicy,
  getKeyPolicy,
  tagResource,
  untagResource,
  listResourceTags,
  tagResources,
  untagResources,
  listTagResources,
  ...refusedOperations,
]
