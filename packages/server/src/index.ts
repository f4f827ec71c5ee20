/*
 * The service, to be started from a program. Beside this door there are three more, so that a command loads what it needs
 * and no more: `@keyward/server/settings` reads settings, `@keyward/server/client` signs and names calls of a running
 * service, `@keyward/server/offline` works on its files while it is stopped. Nothing else of this package is for others.
 */
export type { Diagnosis } from './pipeline/diagnosis.ts'
export { createLog, type Log } from './serve/log.ts'
export { type ServerIo, type Service, startServer } from './serve/server.ts'
export type { Settings } from './serve/settings.ts'
