import type { Entry } from './command.ts'

/** Every command. Loaded on demand, so that a list of them or a single `call` does not load the service. */
export const commands: Readonly<Record<string, Entry>> = {
  serve: { summary: 'Run the service', load: async () => (await import('./serve.ts')).serve },
  dev: {
    summary: 'Run a throw-away service for tests',
    load: async () => (await import('./dev/dev.ts')).dev,
  },
  example: {
    summary: 'Print a world file to begin with',
    load: async () => (await import('./example.ts')).example,
  },
  apply: {
    summary: 'Declare users, access keys and policies from a file',
    load: async () => (await import('./apply.ts')).apply,
  },
  export: {
    summary: 'Write the world back as a file to apply',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  call: {
    summary: 'Sign and send one request, and print the answer',
    load: async () => (await import('./call.ts')).call,
  },
  status: {
    summary: 'Show how a service is, and what waits',
    load: async () => (await import('./status.ts')).status,
  },
  'last-use': {
    summary: 'List when keys, secrets, access keys or roles were last used',
    load: async () => (await import('./last-use.ts')).lastUse,
  },
  'principal policies': {
    summary: 'List the policies that bind a principal',
    load: async () => (await import('./principal-policies.ts')).principalPolicies,
  },
  simulate: {
    summary: 'Ask a service whether a principal may do something, and why',
    load: async () => (await import('./simulate.ts')).simulate,
  },
  wrap: {
    summary: 'Wrap key material for import',
    load: async () => (await import('./wrap.ts')).wrap,
  },
  'secret run': {
    summary: 'Run a program with secrets in its environment',
    load: async () => (await import('./secret-run.ts')).secretRun,
  },
  'host add': {
    summary: 'Register a host for SSH key pairs',
    load: async () => (await import('./host.ts')).hostAdd,
  },
  'host list': {
    summary: 'List the registered hosts',
    load: async () => (await import('./host.ts')).hostList,
  },
  'host show': {
    summary: 'Show a host and what is bound to it',
    load: async () => (await import('./host.ts')).hostShow,
  },
  'host check': {
    summary: 'Compare the record of a host with the host',
    load: async () => (await import('./host-check.ts')).hostCheck,
  },
  'host remove': {
    summary: 'Take a host out of the registry',
    load: async () => (await import('./host.ts')).hostRemove,
  },
  'target add': {
    summary: 'Register a database whose passwords secrets rotate',
    load: async () => (await import('./target.ts')).targetAdd,
  },
  'target list': {
    summary: 'List the registered databases',
    load: async () => (await import('./target.ts')).targetList,
  },
  'target show': {
    summary: 'Show a database and the accounts that secrets may manage',
    load: async () => (await import('./target.ts')).targetShow,
  },
  'target remove': {
    summary: 'Take a database out of the registry',
    load: async () => (await import('./target.ts')).targetRemove,
  },
  'keypair bind': {
    summary: 'Put a key pair on a host, by the password of its user',
    load: async () => (await import('./keypair-bind.ts')).keypairBind,
  },
  'keypair rotate': {
    summary: 'Replace the key of a pair on all its hosts',
    load: async () => (await import('./keypair-rotate.ts')).keypairRotate,
  },
  backup: {
    summary: 'Copy the database into one file, also while the service runs',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: {
    summary: 'Put a backup into an empty data folder',
    load: async () => (await import('./restore.ts')).restore,
  },
  'clock status': {
    summary: 'Show whether the clock is trusted, and what waits for it',
    load: async () => (await import('./clock.ts')).clockStatus,
  },
  'clock trust': {
    summary: 'Say that the clock is right',
    load: async () => (await import('./clock.ts')).clockTrust,
  },
  verify: {
    summary: 'Check a data folder or a backup: database, keyring, audit',
    load: async () => (await import('./verify.ts')).verify,
  },
  'root-key rotate': {
    summary: 'Change the root key of a running service',
    load: async () => (await import('./root-key-rotate.ts')).rootKeyRotate,
  },
  'audit verify': {
    summary: 'Check that no audit entry was changed, removed or cut off',
    load: async () => (await import('./audit-verify.ts')).auditVerify,
  },
  'audit export': {
    summary: 'Write the audit log as JSON lines',
    load: async () => (await import('./audit-export.ts')).auditExport,
  },
  'audit search': {
    summary: 'Search the audit of the account',
    load: async () => (await import('./audit-search.ts')).auditSearch,
  },
  'audit count': {
    summary: 'Count calls in the audit over time',
    load: async () => (await import('./audit-count.ts')).auditCount,
  },
  completion: {
    summary: 'Print what a shell completes',
    load: async () => (await import('./surface/completion.ts')).completionOf(commands),
  },
  manual: {
    summary: 'Print the manual page',
    load: async () => (await import('./surface/manual.ts')).manualOf(commands),
  },
  'policy check': {
    summary: 'Judge policy documents before they are attached',
    load: async () => (await import('./policy/check.ts')).policyCheck,
  },
  'policy explain': {
    summary: 'Decide one request and say why',
    load: async () => (await import('./policy/explain.ts')).policyExplain,
  },
  'policy test': {
    summary: 'Run suites of policy tests, with coverage',
    load: async () => (await import('./policy/test.ts')).policyTest,
  },
  'policy decide': {
    summary: 'Decide many cases, one JSON line each',
    load: async () => (await import('./policy/decide.ts')).policyDecide,
  },
  'policy reference': {
    summary: 'Look up actions and condition keys',
    load: async () => (await import('./policy/reference.ts')).policyReference,
  },
}
