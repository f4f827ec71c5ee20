import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** How long a connection that brought no request yet may still bring one, in milliseconds. */
const FRESH_MS = 1000
/** How long a client has to hang up after we did; what it sends meanwhile is read, so that it sees no reset. */
const LINGER_MS = 1000
const LOOK_MS = 10
/** Turns of the loop without a new connection after which none waits: the loop may accept one a turn only. */
const QUIET_TURNS = 3

/** Ends a server without cutting anyone off. */
export interface Drain {
  /** Called for every request. False: its connection was ended already, and it must have no effect. */
  admit(request: IncomingMessage, response: ServerResponse): boolean
  /**
   * Answers what has arrived, stops listening, ends connections that wait for nothing, and resolves when all are gone.
   * What is still busy after `graceMs` is cut.
   */
  drain(graceMs: number): Promise<void>
}

/** Watches the connections of a server, which must not have any yet. */
export function createDrain(server: HttpServer): Drain {
  // By remote address: over TLS the socket of the handshake gives way to the one that requests come from.
  const open = new Map<string, Socket>()
  const latest = new WeakMap<Socket, ServerResponse>()
  const endedAt = new WeakMap<Socket, number>()

  let accepted = 0
  server.on('connection', () => accepted++)
  const keep = (socket: Socket) => {
    const name = `${socket.remoteAddress} ${socket.remotePort}`
    open.set(name, socket)
    socket.once('close', () => open.get(name) === socket && open.delete(name))
  }
  server.on('connection', keep)
  server.on('secureConnection', keep)

  function look(socket: Socket, waited: number, graceMs: number): void {
    const ended = endedAt.get(socket)
    if (ended !== undefined) {
      if (waited - ended > Math.min(LINGER_MS, graceMs)) socket.destroy()
      return
    }
    const response = latest.get(socket)
    const busy = response !== undefined && !response.writableFinished && !response.destroyed
    if (busy) {
      if (waited > graceMs) socket.destroy()
    } else if (response !== undefined || waited > Math.min(FRESH_MS, graceMs)) {
      endedAt.set(socket, waited)
      socket.end()
    }
  }

  return Object.freeze<Drain>({
    admit(request, response) {
      if (endedAt.has(request.socket)) return false
      latest.set(request.socket, response)
      return true
    },
    async drain(graceMs) {
      const began = performance.now()
      // What the system holds for us is accepted and read first: to close the listener at once would reset those callers.
      for (
        let quiet = 0;
        quiet < QUIET_TURNS && performance.now() - began < Math.min(FRESH_MS, graceMs);
        quiet++
      ) {
        const before = accepted
        await turn()
        if (accepted !== before) quiet = 0
      }
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          for (const socket of open.values()) look(socket, performance.now() - began, graceMs)
        }, LOOK_MS)
        // The close of an HTTP server would destroy idle connections, and reset those whose request is on its way.
        NetServer.prototype.close.call(server, () => {
          clearInterval(timer)
          resolve()
        })
      })
      // Ends the timers of the HTTP server itself, which has no connection any more.
      server.close()
    },
  })
}
