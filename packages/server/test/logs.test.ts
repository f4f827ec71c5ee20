import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import type { Log } from '../src/serve/log.ts'
import { startService } from './service.ts'

interface Line {
  readonly level: string
  readonly message: string
  readonly fields: Record<string, unknown>
}

function recordingLog(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = []
  const at =
    (level: string) =>
    (...args: readonly unknown[]) => {
      const [fields, message] = typeof args[0] === 'string' ? [{}, args[0]] : (args as [object, string])
      lines.push({ level, message, fields: fields as Record<string, unknown> })
    }
  const log = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  }
  return { log: log as unknown as Log, lines }
}

it('the log tells of start and stop, counts refusals, and has no line a call', async () => {
  const { log, lines } = recordingLog()
  const kit = await startService({ log })
  const nobody = await kit.user('nobody')
  for (let i = 0; i < 3; i += 1) await kit.call(nobody, 'kms:ListKeys', {})
  await kit.call({ ...nobody, accessKeySecret: 'wrong' }, 'kms:ListKeys', {})
  await kit.close()
  const said = lines.map(({ message }) => message)
  expect(said).toContain('ready: calls are answered')
  expect(said.at(-1)).toBe('stopped')
  expect(said.filter((message) => message === 'call')).toEqual([])
  const told = lines.find(({ message }) => message === '4 calls were refused')
  expect(told?.fields).toEqual({ refused: { AccessDenied: 3, SignatureDoesNotMatch: 1 } })
  expect(lines.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([])
})

it('an access log has a line a call, without URLs and values', async () => {
  const { log, lines } = recordingLog()
  const kit = await startService({ log, switches: ['access-log'] })
  const nobody = await kit.user('nobody-of-note')
  await kit.call(kit.root, 'kms:CreateKey', { Description: 'a-private-word' })
  await kit.call(nobody, 'kms:CreateKey', { Description: 'a-private-word' })
  await fetch(`${kit.url}/?Action=NoSuchThing&Plaintext=a-private-word`)
  await fetch(`${kit.url}/v9/a-private-word/nowhere`)
  const { body } = await kit.call(kit.root, 'kms:CreateKey', {})
  const { KeyId } = body.KeyMetadata as { KeyId: string }
  const other = new DatabaseSync(join(kit.data, 'keyward.db'))
  other.prepare("update kms_key_versions set sealed_material = x'00' where key_id = ?").run(KeyId)
  other.close()
  const broken = await kit.call(kit.root, 'kms:Encrypt', { KeyId, Plaintext: 'a-private-word' })
  expect(broken.status).toBe(503)
  await kit.close()
  const why = lines.find(({ message }) => message.startsWith('a call was refused since something'))
  expect(why?.fields).toEqual({
    detail: expect.stringContaining('open'),
    operation: 'kms:Encrypt',
    requestId: broken.body.RequestId,
  })
  const calls = lines.filter(({ message }) => message === 'call').map(({ fields }) => fields)
  expect(calls).toContainEqual({
    wire: 'alibaba',
    operation: 'kms:CreateKey',
    outcome: 'Success',
    status: 200,
    milliseconds: expect.any(Number),
    requestId: expect.any(String),
  })
  expect(calls).toContainEqual(
    expect.objectContaining({
      outcome: 'AccessDenied',
      denied: { layer: 'identity', reason: 'ImplicitDeny' },
    }),
  )
  expect(calls).toContainEqual(expect.objectContaining({ wire: 'huawei', status: 404 }))
  for (const word of ['a-private-word', 'nobody-of-note', 'NoSuchThing', nobody.accessKeyId, kit.url])
    expect(JSON.stringify(calls)).not.toContain(word)
})
