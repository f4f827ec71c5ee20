// The floor: a bare Fastify that reads a JSON body and answers it, and does nothing else.
import fastify from 'fastify'

const app = fastify({ logger: false })
app.post('/', (request) => request.body)
await app.listen({ host: '127.0.0.1', port: 0 })
const address = app.server.address()
process.stdout.write(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}\n`)
process.on('SIGTERM', () => process.exit(0))
