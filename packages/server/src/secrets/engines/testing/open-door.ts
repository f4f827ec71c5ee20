import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** Something that speaks as much of PostgreSQL's protocol as it takes to let everyone in and to know every account. */
export interface OpenDoor {
  readonly port: number
  close(): void
}

/** For tests that need a managed secret to be there, and no database behind it. */
export async function openDoor(): Promise<OpenDoor> {
  const server = createServer(serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() }
}

/** One message: its type, its length with the four bytes of that, what it holds. */
function message(type: string, ...parts: (string | Buffer | number)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => bytesOf(part)))
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** A number is one of four bytes; a text ends with a zero. */
function bytesOf(part: string | Buffer | number): Buffer {
  if (typeof part === 'string') return Buffer.from(`${part}\0`)
  if (typeof part !== 'number') return part
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(part)
  return bytes
}

const READY = message('Z', Buffer.from('I'))
/** The one column that is asked for, a boolean: its number of columns, name, table, place, type, size, modifier, format. */
const COLUMN = Buffer.concat([
  Buffer.of(0, 1),
  Buffer.from('rolcanlogin\0'),
  Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 1, 255, 255, 255, 255, 0, 0]),
])
const ROW = Buffer.from([0, 1, 0, 0, 0, 1, 't'.charCodeAt(0)])
const ANSWERS: Readonly<Record<string, Buffer>> = {
  P: message('1'),
  B: message('2'),
  D: message('T', COLUMN),
  E: Buffer.concat([message('D', ROW), message('C', 'SELECT 1')]),
  S: READY,
  Q: Buffer.concat([message('C', 'ALTER ROLE'), READY]),
}

function serve(socket: Socket): void {
  let held = Buffer.alloc(0)
  let started = false
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes])
    for (;;) {
      const start = started ? 1 : 0
      if (held.length < start + 4) return
      const end = start + held.readUInt32BE(start)
      if (held.length < end) return
      const type = String.fromCharCode(held[0] as number)
      held = held.subarray(end)
      if (started) socket.write(ANSWERS[type] ?? Buffer.alloc(0))
      else socket.write(Buffer.concat([message('R', 0), READY]))
      started = true
    }
  })
}
