import type { IncomingMessage } from 'node:http'

/** Largest body accepted, in bytes: a KMS secret of 30 KB or a declared world is far below it. */
export const MAX_BODY = 4 * 1024 * 1024

/** What is read and thrown away of a body that is too large, so that its sender sees the answer; in bytes. */
const MAX_DISCARDED = 16 * MAX_BODY

/** Bytes of bodies that wait in memory at one time, over all requests. */
const MAX_BUFFERED = 64 * MAX_BODY

const EMPTY = Buffer.alloc(0)

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  /** The memory for bodies is used up. */
  | { readonly kind: 'overloaded' }
  /** The client went away. */
  | { readonly kind: 'gone' }

const WITHOUT: Body = Object.freeze({ kind: 'whole', bytes: EMPTY })
const TOO_LARGE: Body = Object.freeze({ kind: 'too-large' })
const OVERLOADED: Body = Object.freeze({ kind: 'overloaded' })
const GONE: Body = Object.freeze({ kind: 'gone' })

let buffered = 0

/** Reads a request's body whole, whatever its content type. Without one it answers at once, without a promise. */
export function readBody(request: IncomingMessage): Body | Promise<Body> {
  const length = request.headers['content-length']
  if (request.headers['transfer-encoding'] === undefined && (length === undefined || length === '0'))
    return WITHOUT
  return collect(request)
}

function collect(request: IncomingMessage): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let held = 0
    let verdict: Body | undefined
    const settle = (body: Body) => {
      buffered -= held
      held = 0
      resolve(body)
    }
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (verdict === undefined && size > MAX_BODY) verdict = TOO_LARGE
      if (verdict === undefined && buffered + chunk.length > MAX_BUFFERED) verdict = OVERLOADED
      if (verdict === undefined) {
        chunks.push(chunk)
        held += chunk.length
        buffered += chunk.length
      } else {
        chunks.length = 0
        if (size > MAX_DISCARDED) {
          request.pause()
          settle(verdict)
        }
      }
    })
    request.on('end', () => {
      if (verdict !== undefined) return settle(verdict)
      settle({ kind: 'whole', bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size) })
    })
    request.on('error', () => settle(GONE))
    request.on('close', () => settle(GONE))
  })
}
