import type { Operation } from '../../pipeline/operation.ts'
import { getRotation } from '../kps/get-rotation.ts'
import { rotateKeypair } from '../kps/rotate-keypair.ts'
import { advanceClock } from './advance-clock.ts'
import { applyOperation } from './apply.ts'
import { deleteHost, getHost, listHosts, putHost } from './hosts.ts'

export const keywardOperations: readonly Operation[] = [
  advanceClock,
  applyOperation,
  putHost,
  getHost,
  listHosts,
  deleteHost,
  rotateKeypair,
  getRotation,
]
