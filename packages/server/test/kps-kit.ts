import { onTestFinished } from 'vitest'
import { parsePublicLine, writePublicLine } from '../src/keypairs/formats/public-line.ts'
import { startHost, type TestHost, type TestHostOptions } from '../src/keypairs/hosts/testing/sshd.ts'
import type { HuaweiAnswer, KpsClient } from './clients/huaweiKpsClient.ts'
import type { TestService } from './service.ts'

/** How a registered test host is described beside its address. */
export type HostMore = Readonly<Record<string, unknown>>

/** Registers a real sshd with a service, as its operator would. */
export async function register(
  service: TestService,
  id: string,
  host: Pick<TestHost, 'address' | 'setup'>,
  more: HostMore = {},
): Promise<void> {
  const { address, setup } = host
  const answer = await service.call(service.root, 'keyward:PutHost', {
    HostId: id,
    Name: `name-of-${id}`,
    Address: address.host,
    Port: address.port,
    User: address.user,
    HostKey: hostKeyLine(address.hostKey),
    ...(setup.config === undefined ? {} : { SshdConfig: setup.config }),
    ...(setup.reload === undefined ? {} : { SshdReload: setup.reload }),
    ...more,
  })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
}

export function hostKeyLine(blob: Buffer): string {
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1')
  return writePublicLine(parsePublicLine(`${type} ${blob.toString('base64')}`), '')
}

/** A host that is registered under an id and stops with the test. */
export async function registeredHost(
  service: TestService,
  id: string,
  options?: TestHostOptions,
  more?: HostMore,
): Promise<TestHost> {
  const host = await startHost(options)
  onTestFinished(() => host.stop())
  await register(service, id, host, more)
  return host
}

export interface TaskEnd {
  readonly status: string
  readonly code: string
  readonly message: string
}

/** Waits for the end of a task; tells what its record of failure says. */
export async function endOf(kps: KpsClient, submitted: HuaweiAnswer, seconds = 60): Promise<TaskEnd> {
  const id = submitted.task_id as string
  if (submitted.status !== 'SUCCESS') throw new Error(`not taken on: ${JSON.stringify(submitted)}`)
  const end = Date.now() + seconds * 1000
  while (Date.now() < end) {
    const { task_status } = await task(kps, id)
    if (/^(SUCCESS|FAILED)_/.test(task_status)) {
      const failed = await kps.send('GET', '/failed-tasks')
      const record = failed.tasks.find((one: { task_id: string }) => one.task_id === id)
      return {
        status: task_status,
        code: record?.task_error_code ?? '',
        message: record?.task_error_msg ?? '',
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`the task does not end: ${JSON.stringify(await task(kps, id))}`)
}

export function task(kps: KpsClient, id: string): Promise<HuaweiAnswer> {
  return kps.send('GET', '/tasks/{task_id}', { pathParams: { task_id: id } })
}

export const byPassword = (key: string) => ({ type: 'password', key })
export const byKey = (key: string) => ({ type: 'keypair', key })

export function associate(
  kps: KpsClient,
  keypair_name: string,
  server: Record<string, unknown>,
): Promise<HuaweiAnswer> {
  return kps.send('POST', '/keypairs/associate', { body: { keypair_name, server } })
}

export function disassociate(kps: KpsClient, server: Record<string, unknown>): Promise<HuaweiAnswer> {
  return kps.send('POST', '/keypairs/disassociate', { body: { server } })
}

export function exportKey(kps: KpsClient, name: string): Promise<string> {
  return kps
    .send('POST', '/keypairs/private-key/export', { body: { keypair: { name } } })
    .then((answer) => answer.keypair.private_key)
}

export function importKey(
  kps: KpsClient,
  name: string,
  private_key: string,
  encryption: object = { type: 'default' },
): Promise<HuaweiAnswer> {
  return kps.send('POST', '/keypairs/private-key/import', {
    body: { keypair: { name, key_protection: { private_key, encryption } } },
  })
}
