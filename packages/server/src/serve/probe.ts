import { createServer } from 'node:net'
import type { Address } from './settings-address.ts'

/** Raises what listening would raise, before a start makes anything. */
export function assertCanListen({ host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(port, host, () => server.close(() => resolve()))
  })
}
