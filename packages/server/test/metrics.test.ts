import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operations } from '../src/operations/table.ts'
import { metricRows } from '../src/serve/metrics/rows.ts'
import { startService, type TestService } from './service.ts'

const PRIVATE = 'a-very-private-word'

async function scrape({ service }: TestService): Promise<readonly string[]> {
  const answer = await fetch(service.metricsUrl!)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return (await answer.text()).split('\n')
}

/** The value of the line with these labels, in whatever order. */
function sampleOf(
  lines: readonly string[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const line = lines.find(
    (one) => one.match(/^[a-z_]+/)?.[0] === name && wanted.every((label) => one.includes(label)),
  )
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
}

describe('metrics of a running service', () => {
  let kit: TestService
  let lines: readonly string[]
  let keyId: string

  beforeAll(async () => {
    kit = await startService({ flags: { metrics: '127.0.0.1:0' } })
    const nobody = await kit.user('nobody-of-note')
    const made = await kit.call(kit.root, 'kms:CreateKey', { Description: PRIVATE })
    keyId = (made.body.KeyMetadata as { KeyId: string }).KeyId
    const Plaintext = Buffer.from(PRIVATE).toString('base64')
    await kit.call(kit.root, 'kms:Encrypt', { KeyId: keyId, Plaintext })
    await kit.call(kit.root, 'kms:Encrypt', { KeyId: keyId, Plaintext })
    await kit.call(nobody, 'kms:Encrypt', { KeyId: keyId, Plaintext })
    await kit.call({ ...nobody, accessKeySecret: 'wrong' }, 'kms:Encrypt', { KeyId: keyId, Plaintext })
    await kit.call(kit.root, 'kps:ListKeypairs', {})
    lines = await scrape(kit)
  })
  afterAll(() => kit?.close())

  it('count calls by operation, outcome and wire', () => {
    const count = (operation: string, outcome: string, wire: string) =>
      sampleOf(lines, 'keyward_calls_total', { operation, outcome, wire })
    expect(count('kms:Encrypt', 'Success', 'alibaba')).toBe(2)
    expect(count('kms:Encrypt', 'AccessDenied', 'alibaba')).toBe(1)
    expect(count('kps:ListKeypairs', 'Success', 'huawei')).toBe(1)
    expect(count('none', 'none', 'alibaba')).toBe(1)
    expect(sampleOf(lines, 'keyward_authentication_failures_total', { wire: 'alibaba' })).toBe(1)
    expect(sampleOf(lines, 'keyward_denials_total', { layer: 'identity', reason: 'ImplicitDeny' })).toBe(1)
    expect(sampleOf(lines, 'keyward_http_answers_total', { wire: 'alibaba', status: '403' })).toBe(1)
  })

  it('time every part of a call, and the whole', () => {
    const parts = (part: string) => sampleOf(lines, 'keyward_call_part_seconds_count', { part })!
    for (const part of ['authenticate', 'decide', 'work', 'commit', 'audit'])
      expect(parts(part)).toBeGreaterThan(0)
    const of = { operation: 'kms:Encrypt', wire: 'alibaba' }
    expect(sampleOf(lines, 'keyward_call_seconds_count', of)).toBe(3)
    expect(sampleOf(lines, 'keyward_call_seconds_bucket', { ...of, le: '+Inf' })).toBe(3)
    const whole = sampleOf(lines, 'keyward_call_seconds_sum', of)!
    expect(whole).toBeGreaterThan(0)
    expect(whole).toBeLessThan(10)
  })

  it('show the state of the service as it is when they are read', () => {
    expect(sampleOf(lines, 'keyward_keys', { state: 'Enabled' })).toBe(1)
    expect(sampleOf(lines, 'keyward_database_up')).toBe(1)
    expect(sampleOf(lines, 'keyward_audit_writable')).toBe(1)
    expect(sampleOf(lines, 'keyward_audit_sync_seconds_count')).toBeGreaterThan(0)
    expect(sampleOf(lines, 'keyward_cache_age_seconds')).toBeLessThan(1)
    expect(sampleOf(lines, 'keyward_cache_looks_total', { outcome: 'good' })).toBeGreaterThan(0)
    expect(sampleOf(lines, 'keyward_cache_looks_total', { outcome: 'failed' })).toBe(0)
    expect(sampleOf(lines, 'keyward_clock_trusted')).toBe(1)
    expect(sampleOf(lines, 'process_resident_memory_bytes')).toBeGreaterThan(1e6)
  })

  it('are those of the table, each with its help', () => {
    const named = lines.filter((line) => line.startsWith('# TYPE keyward_')).map((line) => line.split(' ')[2])
    expect(named.sort()).toEqual(metricRows.map(({ name }) => name).sort())
  })

  it('have only the labels of the table, and no value that came with a call', () => {
    const text = lines.join('\n')
    for (const word of [keyId, PRIVATE, 'nobody-of-note', kit.root.accessKeyId, kit.root.accountUid])
      expect(text).not.toContain(word)
    const known = new Set([...operations.map(({ name }) => name), 'none'])
    for (const [, operation = ''] of text.matchAll(/operation="([^"]*)"/g)) expect(known).toContain(operation)
    for (const row of metricRows) {
      const own = lines.filter(
        (line) => line.match(/^[a-z_]+/)?.[0].replace(/_(bucket|sum|count)$/, '') === row.name,
      )
      for (const line of own)
        for (const [, label = ''] of line.matchAll(/([a-z]+)="/g))
          expect([...row.labels, 'le']).toContain(label)
    }
  })

  it('are at their path alone, and only read', async () => {
    const url = kit.service.metricsUrl!
    expect((await fetch(url.replace('/metrics', '/'))).status).toBe(404)
    expect((await fetch(url, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${kit.url}/metrics`)).status).not.toBe(200)
  })
})

it('a service says when its certificate ends, and has no listener for metrics unless asked', async () => {
  const kit = await startService({ flags: { metrics: '127.0.0.1:0', tls: 'self-signed' } })
  try {
    const left = sampleOf(await scrape(kit), 'keyward_tls_certificate_days_left')
    expect(left).toBeGreaterThan(30)
  } finally {
    await kit.close()
  }
  const silent = await startService()
  expect(silent.service.metricsUrl).toBeUndefined()
  await silent.close()
})
