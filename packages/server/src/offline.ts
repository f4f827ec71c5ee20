/* Work on the files of a service without it: verify, back up, restore, read a world file, wrap key material. */
export { exportAudit, exportedLine, followAudit, readPosition } from './audit/export.ts'
export { findingText } from './audit/findings.ts'
export { type AuditReport, type NotedHead, verifyAudit } from './audit/verify.ts'
export { writeFileWhole } from './base/files.ts'
export { Refusal } from './base/problem.ts'
export {
  DEFAULT_KEY_SPEC,
  importMaterial,
  type KeySpec,
  keySpec,
  keySpecs,
  wrap as wrapMaterial,
} from './crypto/algorithms/index.ts'
export { readRootKeyFile } from './crypto/root-key-file.ts'
export type { WorldFinding } from './identity/problems.ts'
export { type DeclaredLines, declaredLines } from './identity/world/declared-lines.ts'
export { policiesOfWorld, type WorldPolicy } from './identity/world/policies-of.ts'
export { MAX_WORLD_TEXT } from './identity/world/source.ts'
export { makeBackup } from './serve/backup.ts'
export { readKeyring } from './serve/keyring/open.ts'
export { draftProfiles, type GeneratedCredential } from './serve/profiles-file.ts'
export { restoreBackup } from './serve/restore.ts'
export { placeInWorld, worldMistakes } from './serve/start-apply.ts'
export { advice, damageText } from './serve/verify/findings.ts'
export { type VerifyOptions, type VerifyReport, verifyDatabase } from './serve/verify/verify.ts'
export { readWorldFile, readWorldText, type WorldText } from './serve/world-file.ts'
export { openStore } from './store/open.ts'
