/** Tables of accounts, users, groups, roles, access keys and policies. */
// biome-ignore lint/suspicious/noEmptyInterface: filled with the directory
export interface IdentityTables {}
