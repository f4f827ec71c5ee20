import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRootKeyFile } from '../src/crypto/root-key-file.ts'
import { makePair } from '../src/serve/testing/certificates.ts'
import { startService } from './service.ts'

// A start that fails leaves behind what was there before, and nothing else.

let folder: string
let data: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-failed-'))
  data = join(folder, 'a', 'data')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text, { mode: 0o600 })
  return join(folder, name)
}
/** Every way to fail, late ones too, as flags, and what the sentence says. */
const failures: [
  what: string,
  flags: () => Promise<Record<string, string>> | Record<string, string>,
  says: RegExp,
][] = [
  [
    'a world file with a mistake',
    () => ({ apply: write('w.yaml', 'accounts:\n  - name: a\n    usrs: []\n') }),
    /unknown member `usrs`/,
  ],
  [
    'a world that asks for what is not there',
    () => ({
      apply: write('w.yaml', 'accounts:\n  - name: a\n    users: [{name: u, policies: {ram: [None]}}]\n'),
    }),
    /None/,
  ],
  [
    'a policy file that is not there',
    () => ({
      apply: write(
        'w.yaml',
        'accounts:\n  - name: a\n    policies: [{name: p, language: ram, file: no.json}]\n',
      ),
    }),
    /no\.json/,
  ],
  ['an address of another machine', () => ({ listen: '192.0.2.1:0', tls: 'self-signed' }), /EADDRNOTAVAIL/],
  [
    'a certificate with the key of another',
    () => ({
      'tls-cert': makePair(folder, 'one', 'rsa').cert,
      'tls-key': makePair(folder, 'two', 'p256').key,
    }),
    /do not belong together/,
  ],
  [
    'a root key file that is none',
    () => ({ 'root-key': write('root.key', 'hello') }),
    /not a keyward root key/,
  ],
  [
    'a late mistake, with a certificate of its own making',
    () => ({ tls: 'self-signed', apply: write('w.yaml', 'accounts: 7\n') }),
    /w\.yaml/,
  ],
]

describe.each(failures)('%s', (_, flags, says) => {
  it('leaves nothing where nothing was', async () => {
    const given = await flags()
    const before = readdirSync(folder)
    await expect(startService({ data, flags: given })).rejects.toThrow(says)
    expect(readdirSync(folder)).toEqual(before)
  })

  it('leaves what was there', async () => {
    const first = await startService({ data })
    await first.close()
    const before = readdirSync(data)
    const key = readFileSync(join(data, 'root.key'), 'utf8')
    await expect(startService({ data, root: first.root, flags: await flags() })).rejects.toThrow(says)
    expect(readFileSync(join(data, 'root.key'), 'utf8')).toBe(key)
    expect(readdirSync(data)).toEqual(expect.arrayContaining(before))
    const again = await startService({ data, root: first.root })
    expect((await again.call(first.root, 'kms:ListKeys', {})).status).toBe(200)
    await again.close()
  })
})

it('a port that another program has is found before anything is made', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as { port: number }
  await expect(startService({ data, flags: { listen: `127.0.0.1:${port}` } })).rejects.toThrow(/EADDRINUSE/)
  expect(readdirSync(folder)).toEqual([])
  taken.close()
})

it('a root key that was put there before, and foreign files, stay', async () => {
  mkdirSync(data, { recursive: true })
  const key = join(data, 'root.key')
  createRootKeyFile(key)
  writeFileSync(join(data, 'notes.txt'), 'mine')
  const before = readFileSync(key, 'utf8')
  const apply = write('w.yaml', 'accounts: 7\n')
  await expect(startService({ data, flags: { apply } })).rejects.toThrow(/w\.yaml/)
  expect(readdirSync(data).sort()).toEqual(['notes.txt', 'root.key'])
  expect(readFileSync(key, 'utf8')).toBe(before)
})

it('a folder whose server runs is left alone by one that is refused', async () => {
  const first = await startService({ data })
  const copy = join(folder, 'copy.key')
  copyFileSync(join(data, 'root.key'), copy)
  const apply = write('w.yaml', 'accounts: 7\n')
  await expect(startService({ data, root: first.root, flags: { apply } })).rejects.toThrow(/in use/)
  expect(existsSync(join(data, 'keyward.db'))).toBe(true)
  expect((await first.call(first.root, 'kms:ListKeys', {})).status).toBe(200)
  await first.close()
})
