/** One thing that the verification found damaged. */
export interface Damage {
  /** `file`: its structure. `schema`: a table or column. `row`: one that cannot be read. `sealed`: bytes that do not open. */
  readonly part: 'origin' | 'file' | 'schema' | 'row' | 'world' | 'keyring' | 'sealed' | 'reference'
  readonly table?: string
  /** The row's key. */
  readonly row?: string
  readonly what: string
}

/** What the rows of a table are to an operator. */
const THINGS: Readonly<Record<string, string>> = {
  accounts: 'account',
  users: 'user',
  user_groups: 'group',
  roles: 'role',
  policies: 'policy',
  access_keys: 'access key',
  kms_keys: 'KMS key',
  kms_key_versions: 'version of a KMS key',
  kms_aliases: 'alias',
  secrets: 'secret',
  secret_versions: 'value of a secret',
  secret_stages: 'stage of a secret',
  keypairs: 'SSH key pair',
  keypair_private_keys: 'private key in custody',
  keypair_hosts: 'host',
  keypair_tasks: 'task on a host',
  audit_batches: 'batch of audit entries',
  keyring: 'keyring',
}

/** A finding as a sentence. */
export function damageText({ table, row, what }: Damage): string {
  if (table === undefined) return shown(what)
  const entity = THINGS[table]
  if (row === undefined) return `table \`${table}\`: ${shown(what)}`
  return `table \`${table}\`, row \`${shown(row)}\`${entity === undefined ? '' : ` (${entity})`}: ${shown(what)}`
}

/** Text out of the database: whoever wrote it may have written for the reader's terminal. */
function shown(text: string): string {
  return text.slice(0, 400).replace(/[^\x20-\x7e`]/g, '?')
}

/** What an operator does now, a line each. */
export function advice(damage: readonly Damage[], tampered: boolean): readonly string[] {
  const has = (...parts: readonly Damage['part'][]) => damage.some(({ part }) => parts.includes(part))
  const lines: string[] = []
  if (has('origin')) lines.push('make a backup with `keyward backup FILE`, while the service runs or not')
  if (damage.some(({ part }) => part !== 'origin')) {
    lines.push('stop the service and keep a copy of the whole data folder before anything else')
    lines.push(
      'put back the last backup that `keyward verify FILE` finds intact: `keyward restore FILE --data NEW-FOLDER`, with the root key of its time',
    )
  }
  if (has('file', 'row') && !has('keyring'))
    lines.push(
      'without a backup, `sqlite3 keyward.db .recover` saves what can be read; the rows named above are lost',
    )
  if (has('sealed') && !has('keyring'))
    lines.push('what is named above cannot be used any more; everything else opens and can be')
  if (has('keyring')) lines.push('without its keyring nothing that is sealed in this database can be opened')
  if (tampered)
    lines.push(
      'somebody who could write the database changed the audit log: find out who could, and compare it with your backups',
    )
  return lines
}
