// The floor: a bare Fastify that answers JSON of the sizes that Encrypt has, and does nothing else.
import fastify from 'fastify'

const app = fastify({ logger: false, http: { maxHeaderSize: 65_536 } })
const blob = 'A'.repeat(172)
app.post('/', (request) => ({
  CiphertextBlob: blob,
  KeyId: (request.query as Record<string, string>).KeyId,
  KeyVersionId: '00000000-0000-0000-0000-000000000000',
  RequestId: '00000000-0000-0000-0000-000000000000',
}))
await app.listen({ host: '127.0.0.1', port: 0 })
const address = app.server.address()
process.stdout.write(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}\n`)
process.on('SIGTERM', () => process.exit(0))
