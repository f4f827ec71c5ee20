import type { Operation } from '../../pipeline/operation.ts'
import { applyOperation } from './apply.ts'

export const keywardOperations: readonly Operation[] = [applyOperation]
