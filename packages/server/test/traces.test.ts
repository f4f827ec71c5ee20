import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startService, type TestService, type WireAnswer } from './service.ts'

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[]
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const PRIVATE = 'a-very-private-word'

/** A collector of the smallest kind: it keeps what it is sent. */
const bodies: string[] = []
let collector: Server
let kit: TestService
let written: WireAnswer
let read: WireAnswer
let denied: WireAnswer
let spans: readonly OtlpSpan[]

beforeAll(async () => {
  collector = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      expect(request.url).toBe('/v1/traces')
      bodies.push(Buffer.concat(parts).toString('utf8'))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const { port } = collector.address() as AddressInfo
  kit = await startService({ flags: { traces: `http://127.0.0.1:${port}` } })
  const nobody = await kit.user('nobody-of-note')
  written = await kit.call(kit.root, 'kms:CreateKey', { Description: PRIVATE })
  const { KeyId } = written.body.KeyMetadata as { KeyId: string }
  const input = { KeyId, Plaintext: PRIVATE, EncryptionContext: `{"Project":"${PRIVATE}"}` }
  const header = { traceparent: `00-${TRACE}-${PARENT}-01` }
  read = await kit.call(kit.root, 'kms:Encrypt', input, header)
  denied = await kit.call(nobody, 'kms:Encrypt', input, { traceparent: `00-${TRACE}-${PARENT}-01` })
  await kit.call(kit.root, 'kms:ListAliases', {}, { traceparent: `00-${'1'.repeat(32)}-${PARENT}-00` })
  // Stopping sends what was not sent yet.
  await kit.close()
  spans = bodies.flatMap((body) =>
    JSON.parse(body).resourceSpans.flatMap((resource: { scopeSpans: { spans: OtlpSpan[] }[] }) =>
      resource.scopeSpans.flatMap((scope) => scope.spans),
    ),
  )
})
afterAll(() => collector?.close())

const spanOf = ({ headers }: WireAnswer) => {
  const [, traceId, spanId] = headers.get('traceresponse')!.split('-')
  return spans.find((one) => one.traceId === traceId && one.spanId === spanId)!
}
const childrenOf = ({ spanId }: OtlpSpan) => spans.filter((one) => one.parentSpanId === spanId)
const attributesOf = ({ attributes }: OtlpSpan) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

it('a call is a span, and every step of it one within', () => {
  const write = spanOf(written)
  expect(write.name).toBe('kms:CreateKey')
  const steps = (span: OtlpSpan) => [...new Set(childrenOf(span).map(({ name }) => name))]
  expect(steps(write)).toEqual(['authenticate', 'decide', 'work', 'commit'])
  expect(steps(spanOf(read))).toEqual(['authenticate', 'decide', 'work', 'audit'])
  expect(steps(spanOf(denied))).toEqual(['authenticate', 'decide', 'audit'])
  for (const step of childrenOf(write)) {
    expect(BigInt(step.startTimeUnixNano)).toBeLessThanOrEqual(BigInt(step.endTimeUnixNano))
    expect(BigInt(step.startTimeUnixNano) - BigInt(write.startTimeUnixNano)).toBeGreaterThan(-5_000_000n)
    expect(BigInt(step.endTimeUnixNano) - BigInt(write.endTimeUnixNano)).toBeLessThan(5_000_000n)
  }
})

it('a call that comes with a trace context goes on in that trace, and the answer names it', () => {
  expect(read.headers.get('traceresponse')).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
  expect(spanOf(read)).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, name: 'kms:Encrypt' })
  expect(spans.some(({ traceId }) => traceId === '1'.repeat(32))).toBe(false)
})

it('says how a call ended', () => {
  expect(attributesOf(spanOf(denied))).toEqual({
    'keyward.wire': 'alibaba',
    'keyward.outcome': 'AccessDenied',
    'keyward.request_id': denied.body.RequestId,
    'keyward.denied.layer': 'identity',
    'keyward.denied.reason': 'ImplicitDeny',
    'http.response.status_code': 403,
  })
})

it('holds no secret, no value of a context, no resource and no caller', () => {
  const { KeyId } = written.body.KeyMetadata as { KeyId: string }
  const sent = bodies.join('\n')
  for (const word of [PRIVATE, KeyId, 'nobody-of-note', kit.root.accessKeyId, kit.root.accountUid, 'Project'])
    expect(sent).not.toContain(word)
})

it('a collector that is away delays no call and no stop', async () => {
  const away = await startService({ flags: { traces: 'http://127.0.0.1:9' } })
  const begun = performance.now()
  expect((await away.call(away.root, 'kms:ListKeys', {})).status).toBe(200)
  await away.close()
  expect(performance.now() - begun).toBeLessThan(5000)
})
