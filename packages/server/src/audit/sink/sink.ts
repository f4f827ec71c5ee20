import type { ExportedEntry } from '../export.ts'

/** Another system that keeps the entries of the audit too. */
export interface AuditSink {
  /** Its address, as the settings have it: how far it was sent to is noted under this name. */
  readonly name: string
  /**
   * Resolves when the other system has all of them. Rejects when that is not known: then they come again, so it gets every
   * entry at least once.
   */
  send(entries: readonly ExportedEntry[]): Promise<void>
}
