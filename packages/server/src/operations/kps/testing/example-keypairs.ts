/** Key pairs, hosts and tasks of every kind, for the examples of KPS operations. */
export interface KeypairExamples {
  /** A pair with its private key in custody, sealed under the root key. */
  readonly managedName: string
  /** A pair without, and its private key. */
  readonly importedName: string
  readonly importedPrivateKey: string
  /** A registered host that runs and nothing is bound to. */
  readonly serverId: string
  /** One that `keypairName` is bound to. */
  readonly boundServerId: string
  readonly failedTaskId: string
}

/** Calls an operation as someone who may do everything; throws when refused. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers
export type Act = (operation: string, input: object) => Promise<any>

export const NO_KEYPAIRS: KeypairExamples = Object.freeze({
  managedName: '',
  importedName: '',
  importedPrivateKey: '',
  serverId: '',
  boundServerId: '',
  failedTaskId: '',
})

/** What examples look at, by the operations that do: making all of it for each would be slow. */
const NEEDS: Readonly<Record<string, readonly Part[]>> = {
  'kps:ImportPrivateKey': ['imported'],
  'kps:ExportPrivateKey': ['managed'],
  'kps:ClearPrivateKey': ['managed'],
  'kps:BatchExportPrivateKey': ['managed'],
  'kps:AssociateKeypair': ['server'],
  'kps:BatchAssociateKeypair': ['server'],
  'kps:DisassociateKeypair': ['bound'],
  'kps:ListKeypairTask': ['failed'],
  'kps:DeleteFailedTask': ['failed'],
  'keyward:GetHost': ['server'],
  'keyward:DeleteHost': ['server'],
  'keyward:CheckHost': ['server'],
  'keyward:SettleHost': ['server'],
  'keyward:RotateKeypair': ['managed'],
}
type Part = 'managed' | 'imported' | 'server' | 'bound' | 'failed'

/** Nothing listens there: a task on such a host fails at once. */
export const NOWHERE = {
  Address: '127.0.0.1',
  Port: 1,
  HostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y',
}

/**
 * Makes what the example of an operation refers to. `keypairName` is a pair that all see; `hook` an offline hook that
 * ends well, in the folder that the service was started with.
 */
export async function exampleKeypairs(
  operation: string,
  keypairName: string,
  hook: string,
  act: Act,
): Promise<KeypairExamples> {
  const needs = NEEDS[operation] ?? []
  const made: { -readonly [K in keyof KeypairExamples]: string } = { ...NO_KEYPAIRS }
  const small = { scope: 'domain', algorithm: 'SSH_ED25519' }
  if (needs.includes('managed')) {
    made.managedName = `${keypairName}-managed`
    await act('kps:CreateKeypair', {
      keypair: { ...small, name: made.managedName, key_protection: { encryption: { type: 'default' } } },
    })
  }
  if (needs.includes('imported')) {
    made.importedName = `${keypairName}-imported`
    const { keypair } = await act('kps:CreateKeypair', { keypair: { ...small, name: made.importedName } })
    made.importedPrivateKey = keypair.private_key
  }
  const host = async (name: string, more: object = {}) => {
    await act('keyward:PutHost', { HostId: name, ...NOWHERE, ...more })
    return name
  }
  if (needs.includes('server')) made.serverId = await host(`${keypairName}-host`)
  if (needs.includes('bound')) {
    const id = await host(`${keypairName}-bound`, { Power: 'off', OfflineHook: hook })
    const { task_id } = await act('kps:AssociateKeypair', { keypair_name: keypairName, server: { id } })
    await ended(act, task_id, 'SUCCESS_RESET')
    made.boundServerId = await host(id, { Power: 'on' })
  }
  if (needs.includes('failed')) {
    const id = await host(`${keypairName}-down`)
    const auth = { type: 'password', key: 'none' }
    const { task_id } = await act('kps:AssociateKeypair', { keypair_name: keypairName, server: { id, auth } })
    await ended(act, task_id, 'FAILED_BIND')
    made.failedTaskId = task_id
  }
  return made
}

/** Waits until a task has ended so. */
export async function ended(act: Act, taskId: string, status: string): Promise<void> {
  for (let left = 400; left > 0; left -= 1) {
    const { task_status } = await act('kps:ListKeypairTask', { task_id: taskId })
    if (task_status === status) return
    if (/^(SUCCESS|FAILED)_/.test(task_status)) throw new Error(`the task ended in ${task_status}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the task does not end')
}
