export type { Denial, Keyward, KeywardKey, StartOptions } from './start.ts'
export { startKeyward } from './start.ts'
