import { afterAll, beforeAll, expect, it } from 'vitest'
import { startService, type TestService } from '../../test/service.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { type ExportedEntry, exportAudit, followAudit, readPosition } from './export.ts'

let kit: TestService
let store: Store

beforeAll(async () => {
  kit = await startService()
  store = await openStore(`sqlite:${kit.data}/keyward.db`, { readOnly: true })
  for (let i = 0; i < 5; i += 1) await kit.call(kit.root, 'kms:ListKeys', {})
})
afterAll(async () => {
  await store?.close()
  await kit?.close()
})

async function all(after: Parameters<typeof exportAudit>[1] = []): Promise<ExportedEntry[]> {
  const entries: ExportedEntry[] = []
  for await (const one of exportAudit(store.read, after)) entries.push(one)
  return entries
}

it('exports every entry once, in the order of its chain, each with its place', async () => {
  const entries = await all()
  const listed = entries.filter(({ text }) => JSON.parse(text).operation === 'kms:ListKeys')
  expect(listed).toHaveLength(5)
  const places = entries.map(({ chain, batch, entry }) => `${chain}/${batch}/${entry}`)
  expect(new Set(places).size).toBe(places.length)
  expect(entries[0]).toMatchObject({
    chain: 'main',
    batch: 1,
    entry: 1,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

it('goes on after any place with exactly the rest', async () => {
  const entries = await all()
  for (const [i, { chain, batch, entry }] of entries.entries())
    expect(await all([{ chain, batch, entry }])).toEqual(entries.slice(i + 1))
})

it('follows what is written later, without a gap', async () => {
  const last = (await all()).at(-1)!
  const stop = new AbortController()
  const seen: string[] = []
  const following = (async () => {
    for await (const { text } of followAudit(store.read, [last], { signal: stop.signal, every: 10 })) {
      seen.push(JSON.parse(text).operation)
      if (seen.length === 3) stop.abort()
    }
  })()
  for (const operation of ['kms:ListAliases', 'kms:ListKeys', 'kms:ListSecrets'])
    await kit.call(kit.root, operation, {})
  await following
  expect(seen).toEqual(['kms:ListAliases', 'kms:ListKeys', 'kms:ListSecrets'])
})

it.each(['', 'main', 'main/1', 'main/x/1', 'main/1/2/3', '../1/1'])('`%s` is no place', (text) => {
  expect(readPosition(text)).toBeUndefined()
})
