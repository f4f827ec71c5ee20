import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Network, parseNetwork } from '@keyward/policy'
import { anyHolds, normalAddress } from '../../base/addresses.ts'

/** What a connection is, apart from any request on it. */
export interface Peer {
  readonly address: string
  /** `0` without TLS, else `1.2` or `1.3`. */
  readonly tlsVersion: string
  /** A proxy whose forwarding headers are believed. */
  readonly trusted: boolean
}

/** Who sent a request, and how. */
export interface Origin {
  readonly sourceAddress: string
  readonly tlsVersion: string
}

/**
 * The proxies that may speak for a client, as CIDR ranges or single addresses.
 *
 * Raises RangeError naming the range that cannot be read.
 */
export function trustedProxies(ranges: readonly string[]): readonly Network[] {
  return ranges.map((range) => {
    const network = parseNetwork(range.trim())
    if (network === undefined) throw new RangeError(`\`${range}\` is not a CIDR range such as 10.0.0.0/8`)
    return network
  })
}

/** Reads a socket once, when its first request arrives. */
export function readPeer(socket: Socket, list: readonly Network[]): Peer {
  const address = normalAddress(socket.remoteAddress ?? '') ?? '0.0.0.0'
  const protocol = (socket as Partial<TLSSocket>).getProtocol?.()
  return Object.freeze({
    address,
    tlsVersion: protocol ? protocol.replace('TLSv', '') : '0',
    trusted: anyHolds(list, address),
  })
}

/**
 * The client behind a peer. Forwarding headers count only from trusted peers: the client is then the rightmost address
 * of `X-Forwarded-For` that is not itself a trusted proxy, and its connection is what `X-Forwarded-Proto` says.
 */
export function originOf(peer: Peer, headers: IncomingHttpHeaders, list: readonly Network[]): Origin {
  if (!peer.trusted) return { sourceAddress: peer.address, tlsVersion: peer.tlsVersion }
  return { sourceAddress: forwardedFor(peer, headers, list), tlsVersion: forwardedTls(peer, headers) }
}

function forwardedFor(peer: Peer, headers: IncomingHttpHeaders, list: readonly Network[]): string {
  const header = headers['x-forwarded-for']
  if (typeof header !== 'string') return peer.address
  let nearest = peer.address
  for (const entry of header.split(',').reverse()) {
    const address = normalAddress(withoutPort(entry.trim()))
    // What a proxy could not name is not the client's to choose: the last address that is known stands.
    if (address === undefined) return nearest
    nearest = address
    if (!anyHolds(list, address)) return nearest
  }
  return nearest
}

/** `1.2.3.4:567`, `[::1]:80` and `[::1]` without port and brackets. */
function withoutPort(entry: string): string {
  if (entry.startsWith('[')) return entry.slice(1, Math.max(entry.indexOf(']'), 1))
  const colon = entry.indexOf(':')
  return colon >= 0 && colon === entry.lastIndexOf(':') ? entry.slice(0, colon) : entry
}

/**
 * A trusted proxy that says `https` may say which TLS version in `X-Forwarded-Tls-Version` (`TLSv1.3`, `tls1.3` or `1.3`). If it
 * does not, the lowest version is assumed: the transport is secure, and a policy that refuses below 1.2 still fires.
 */
function forwardedTls(peer: Peer, headers: IncomingHttpHeaders): string {
  const proto = headers['x-forwarded-proto']
  if (typeof proto !== 'string') return peer.tlsVersion
  if (!proto.split(',').every((one) => one.trim().toLowerCase() === 'https')) return '0'
  const version = headers['x-forwarded-tls-version']
  const found = typeof version === 'string' ? /^(?:TLSv?)?(1\.[0-3])$/i.exec(version.trim()) : null
  return found?.[1] ?? '1.0'
}
