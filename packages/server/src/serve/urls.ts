import { isIPv6 } from 'node:net'
import type { Settings } from './settings.ts'
import { type Address, isEveryAddress } from './settings-address.ts'

/** Where callers of this machine reach the service once it listens on a port. */
export function urlAt({ tls, listen }: Pick<Settings, 'listen' | 'tls'>, port: number): string {
  return addressAt(tls ? 'https' : 'http', listen, port)
}

export function addressAt(scheme: string, { host }: Address, port: number): string {
  // No client can call all addresses: on this machine, the loopback one is theirs.
  const known = !isEveryAddress({ host, port }) ? host : isIPv6(host) ? '::1' : '127.0.0.1'
  return `${scheme}://${isIPv6(known) ? `[${known}]` : known}:${port}`
}
