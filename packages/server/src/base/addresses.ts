import { type Network, networkHolds, parseAddress, parseNetwork } from '@keyward/policy'

/*
 * Addresses as the server reads them. What an address and a network is, and which network holds which address, the policy
 * engine says: a condition `acs:SourceIp` and a trusted proxy can never disagree.
 */

const loopback = ['127.0.0.0/8', '::1'].map((text) => parseNetwork(text)!)

/** Whether only this machine can reach the host. A name other than `localhost` may lead anywhere. */
export function isLoopback(host: string): boolean {
  return parseAddress(host) ? anyHolds(loopback, host) : host.toLowerCase() === 'localhost'
}

/** Whether one of the networks holds the address; never where the text is none. */
export function anyHolds(networks: readonly Network[], text: string): boolean {
  if (networks.length === 0) return false
  const address = parseAddress(text)
  return address !== undefined && networks.some((network) => networkHolds(network, address))
}

/** IPv4-mapped IPv6 as IPv4, a zone (`%eth0`) dropped; undefined when the text is no address. */
export function normalAddress(text: string): string | undefined {
  const zone = text.indexOf('%')
  const bare = zone < 0 ? text : text.slice(0, zone)
  const address = parseAddress(bare)
  if (address?.version !== 4 || !bare.includes(':')) return address && bare
  const quad = address.words[3]!
  return [24, 16, 8, 0].map((shift) => (quad >>> shift) & 255).join('.')
}
