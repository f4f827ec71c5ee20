import type { Operation } from '../../pipeline/operation.ts'
import { decodeDiagnosticMessage } from './decode-diagnostic-message.ts'

export const ramOperations: readonly Operation[] = [decodeDiagnosticMessage]
