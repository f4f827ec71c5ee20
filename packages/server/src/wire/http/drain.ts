import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { Peer } from './peer.ts'

/** How long a connection that brought no request yet may still bring one, in milliseconds. */
const FRESH_MS = 1000
/** How long a client has to hang up after we did; what it sends meanwhile is read, so that it sees no reset. */
const LINGER_MS = 1000
const LOOK_MS = 10
/** Turns of the loop without a new connection after which none waits: the loop may accept one a turn only. */
const QUIET_TURNS = 3

/** What is kept with a connection. */
export interface Connection {
  /** Undefined until somebody has asked. */
  peer: Peer | undefined
  /** To the last request that came. */
  latest: ServerResponse | undefined
  /** Milliseconds after the stop began. */
  endedAt: number | undefined
}

/** Ends a server without cutting anyone off. */
export interface Drain {
  /** Called for every request. Undefined: its connection was ended already, and it must have no effect. */
  admit(request: IncomingMessage, response: ServerResponse): Connection | undefined
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
  const connections = new WeakMap<Socket, Connection>()
  const connectionOf = (socket: Socket): Connection => {
    let known = connections.get(socket)
    if (known === undefined) {
      known = { peer: undefined, latest: undefined, endedAt: undefined }
      connections.set(socket, known)
    }
    return known
  }

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
    const connection = connectionOf(socket)
    if (connection.endedAt !== undefined) {
      if (waited - connection.endedAt > Math.min(LINGER_MS, graceMs)) socket.destroy()
      return
    }
    const response = connection.latest
    const busy = response !== undefined && !response.writableFinished && !response.destroyed
    if (busy) {
      if (waited > graceMs) socket.destroy()
    } else if (response !== undefined || waited > Math.min(FRESH_MS, graceMs)) {
      connection.endedAt = waited
      socket.end()
    }
  }

  return Object.freeze<Drain>({
    admit(request, response) {
      const connection = connectionOf(request.socket)
      if (connection.endedAt !== undefined) return undefined
      connection.latest = response
      return connection
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
