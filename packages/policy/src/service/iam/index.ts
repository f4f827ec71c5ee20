import { catalogue } from '../catalogue.ts'
import { iamGlobalKeys } from './global-keys.ts'
import { kps } from './kps.ts'

export const iamCatalogue = catalogue([kps], iamGlobalKeys, [])
