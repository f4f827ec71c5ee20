import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRootKeyFile } from '../src/crypto/root-key-file.ts'
import { signAcs3 } from '../src/wire/alibaba/sign.ts'
import { startService } from './service.ts'

// What a start keeps, and when it refuses.

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'keyward-restart-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

const digest = (file: string) =>
  createHash('sha256')
    .update(readFileSync(join(data, file)))
    .digest('hex')

describe('the first start', () => {
  it('writes key and credentials for their owner alone; the second changes nothing', async () => {
    const first = await startService({ data })
    expect(Object.keys(first.root)).toEqual([
      'endpoint',
      'accountUid',
      'domainId',
      'projectId',
      'accessKeyId',
      'accessKeySecret',
    ])
    for (const file of ['root-credentials.json', 'root.key', 'keyward.db']) {
      expect([file, statSync(join(data, file)).mode & 0o077]).toEqual([file, 0])
    }
    await first.close()
    const before = [digest('root-credentials.json'), digest('root.key')]
    const second = await startService({ data, root: first.root })
    expect(second.service.firstStart).toBeUndefined()
    expect((await second.call(first.root, 'sts:GetCallerIdentity', {})).status).toBe(200)
    await second.close()
    expect([digest('root-credentials.json'), digest('root.key')]).toEqual(before)
  })

  it('finds the credentials again that a process left in their draft when it died', async () => {
    const first = await startService({ data })
    await first.close()
    const file = join(data, 'root-credentials.json')
    renameSync(file, `${file}.${first.root.accessKeyId}`)
    await (await startService({ data, root: first.root })).close()
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(first.root)
  })
})

describe('a later start', () => {
  it('refuses a request that was answered before it', async () => {
    const first = await startService({ data })
    const { port } = new URL(first.url)
    const signed = signAcs3({
      ...first.root,
      method: 'POST',
      host: `127.0.0.1:${port}`,
      action: 'ListKeys',
      version: '2016-01-20',
      query: {},
    })
    const send = () =>
      fetch(`${first.url}${signed.target}`, { method: 'POST', headers: { ...signed.headers } })
    expect((await send()).status).toBe(200)
    await first.close()
    const second = await startService({ data, root: first.root, flags: { listen: `127.0.0.1:${port}` } })
    const replayed = await send()
    expect(await replayed.json()).toMatchObject({ Code: 'SignatureNonceUsed' })
    await second.close()
  })

  it('refuses without its root key, makes no new one, and refuses another', async () => {
    const first = await startService({ data })
    await first.close()
    const key = join(data, 'root.key')
    renameSync(key, `${key}.away`)
    await expect(startService({ data, root: first.root })).rejects.toThrow(/root key/)
    expect(existsSync(key)).toBe(false)
    createRootKeyFile(key)
    await expect(startService({ data, root: first.root })).rejects.toThrow(/not the one of this database/)
    rmSync(key)
    renameSync(`${key}.away`, key)
    await (await startService({ data, root: first.root })).close()
  })

  it('is refused while another server has the folder', async () => {
    const first = await startService({ data })
    await expect(startService({ data, root: first.root })).rejects.toThrow(/another/)
    expect((await first.call(first.root, 'kms:ListKeys', {})).status).toBe(200)
    await first.close()
  })
})
