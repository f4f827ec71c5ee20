import type { Operation } from '../../pipeline/operation.ts'
import { imsNotOffered } from './not-offered.ts'
import { imsSettings } from './settings.ts'

/** What is served of Ims 2019-08-15, the newer of the two products for identities. */
export const imsOperations: readonly Operation[] = [...imsSettings, ...imsNotOffered]
