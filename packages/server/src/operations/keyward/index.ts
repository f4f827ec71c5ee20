import type { Operation } from '../../pipeline/operation.ts'
import { advanceClock } from './advance-clock.ts'
import { applyOperation } from './apply.ts'

export const keywardOperations: readonly Operation[] = [advanceClock, applyOperation]
