import { createConnection, createServer, type Socket } from 'node:net'
import type { HostAddress } from '../connection.ts'

/** A TCP relay before a host, which can cut its connections. */
export interface CuttingProxy {
  readonly address: HostAddress
  /** Cuts every connection now. */
  cutAll(): void
  /**
   * From now on, cuts connections once they have carried so many bytes to the host together; -1 lets all pass. Connections
   * that begin later are cut at once while `thenRefuse`, else they pass.
   */
  cutAfter(bytes: number, thenRefuse?: boolean): void
  /** Whether it has cut and refuses what begins now. */
  readonly refusing: boolean
  /** What becomes of connections that begin from now on; those that stand go on. */
  refuseNew(kind: Refusal | undefined): void
  /** Bytes that went to the host so far. */
  readonly sent: number
  close(): Promise<void>
}

/**
 * How a host turns a connection away without saying what was asked: as a firewall that bans an address, as sshd that has
 * too many of them, has penalized the address or has no process left, as one that says nothing.
 */
export const refusals = ['reset', 'closed', 'full', 'banner', 'silent'] as const
export type Refusal = (typeof refusals)[number]

function turnAway(client: Socket, kind: Refusal): void {
  client.on('error', () => {})
  if (kind === 'reset') client.resetAndDestroy()
  else if (kind === 'closed') client.destroy()
  else if (kind === 'full') client.end('Exceeded MaxStartups\r\n')
  else if (kind === 'banner') client.end('SSH-2.0-OpenSSH_9.8\r\n')
  else setTimeout(() => client.destroy(), 1000).unref()
}

export async function cuttingProxy(host: HostAddress): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let sent = 0
  let limit = -1
  let refuse = false
  let refusing = false
  let turning: Refusal | undefined
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((client) => {
    if (refusing) {
      client.destroy()
      return
    }
    if (turning) {
      sockets.add(client.on('close', () => sockets.delete(client)))
      turnAway(client, turning)
      return
    }
    const upstream = createConnection(host.port, host.host)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk: Buffer) => {
      const left = limit < 0 ? chunk.length : Math.max(0, limit - sent)
      sent += chunk.length
      upstream.write(chunk.subarray(0, left))
      if (left < chunk.length) {
        limit = -1
        refusing = refuse
        cutAll()
      }
    })
    upstream.on('data', (chunk) => client.write(chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: { ...host, port: (server.address() as { port: number }).port },
    cutAll,
    cutAfter(bytes, thenRefuse = false) {
      limit = bytes < 0 ? -1 : sent + bytes
      refuse = thenRefuse
      refusing = false
    },
    refuseNew(kind) {
      turning = kind
    },
    get refusing() {
      return refusing
    },
    get sent() {
      return sent
    },
    close() {
      cutAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
