import type { Operation } from '../../pipeline/operation.ts'
import { getCallerIdentity } from './get-caller-identity.ts'

export const stsOperations: readonly Operation[] = [getCallerIdentity]
