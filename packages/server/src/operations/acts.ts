import type { Operation } from '../pipeline/operation.ts'
import { destroyAccount } from './keyward/destroy-account.ts'
import { countFailedAuthentications } from './keyward/failed-authentications.ts'
import { removeAuditSegment } from './keyward/remove-audit-segment.ts'
import { restoreBackup } from './keyward/restore-backup.ts'
import { countKeyUses } from './kms/count-uses.ts'
import { destroyKey, expireKeyMaterial, rotateKey } from './kms/due-acts.ts'
import { endKeypairTask } from './kps/end-task.ts'
import { settleHostInDoubt } from './kps/settle-host.ts'
import { openTaskKey, startTask } from './kps/start-task.ts'
import { destroySecret } from './secrets/due-acts.ts'
import { rotationActs } from './secrets/rotation-acts.ts'

/** The table of acts: all that the service does of itself. The system layer allows exactly these, on what is due. */
export const acts: readonly Operation[] = Object.freeze([
  countFailedAuthentications,
  countKeyUses,
  destroyAccount,
  destroyKey,
  destroySecret,
  endKeypairTask,
  expireKeyMaterial,
  removeAuditSegment,
  restoreBackup,
  rotateKey,
  settleHostInDoubt,
  ...rotationActs,
])

/** What the service does in the name of the user who asked for it earlier, decided again as that user. No wire has it. */
export const actsForUsers: readonly Operation[] = Object.freeze([openTaskKey, startTask])
