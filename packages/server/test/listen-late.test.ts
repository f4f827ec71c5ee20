import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { callOver, startService } from './service.ts'

// A caller who tries all the time is let in when the world is in, and never before.

it('the first call that is answered at all is decided by the world of --apply', async () => {
  const data = mkdtempSync(join(tmpdir(), 'keyward-late-'))
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))

  const key = { accessKeyId: 'LTAIlate00000000', accessKeySecret: 'late-secret-late-secret' }
  const users = Array.from({ length: 200 }, (_, i) => ({
    name: `user-${i}`,
    accessKeys: [{ generate: 'k' }],
  }))
  const allow = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }] }
  const account = {
    name: 'main',
    policies: [{ name: 'List', language: 'ram', document: allow }],
    users: [
      ...users,
      {
        name: 'zoe',
        policies: { ram: ['List'] },
        accessKeys: [{ id: key.accessKeyId, secret: key.accessKeySecret }],
      },
    ],
  }
  const apply = join(data, 'world.json')
  writeFileSync(apply, JSON.stringify({ accounts: [account] }))

  const starting = startService({ data, flags: { listen: `127.0.0.1:${port}`, apply } })
  const seen: unknown[] = []
  while (!seen.includes(200)) {
    const url = `http://127.0.0.1:${port}`
    const outcome = await callOver(url, { ...key, projectId: '' }, 'kms:ListKeys', {}).then(
      ({ status }) => status,
      (error: Error & { cause?: { code?: string } }) => error.cause?.code,
    )
    if (seen.at(-1) !== outcome) seen.push(outcome)
    await delay(2)
  }
  expect(seen.filter((one) => typeof one === 'number')).toEqual([200])
  const service = await starting
  for (const file of ['root-credentials.json', 'credentials.json'])
    expect(JSON.parse(readFileSync(join(data, file), 'utf8')).endpoint).toBe(service.url)
  await service.close()
  rmSync(data, { recursive: true, force: true })
})

it('the credentials name the port that was free', async () => {
  const data = mkdtempSync(join(tmpdir(), 'keyward-late-'))
  const service = await startService({ data })
  expect(service.root.endpoint).toBe(service.url)
  expect(JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8'))).toEqual(service.root)
  await service.close()
  rmSync(data, { recursive: true, force: true })
})
