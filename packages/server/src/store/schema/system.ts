/** Tables of the store itself, the audit and the jobs. */
// biome-ignore lint/suspicious/noEmptyInterface: filled with the store
export interface SystemTables {}
