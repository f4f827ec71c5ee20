import { isIP } from 'node:net'
import { parseNetwork } from '@keyward/policy'

/** Where to listen. A port of 0 asks for a free one. */
export interface Address {
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number
}

const PORTS = 65_535

/** Reads `HOST:PORT` or `[IPv6]:PORT`. Answers a sentence when it is neither. */
export function readAddress(text: string): Address | string {
  if (/^\d+$/.test(text)) return `\`${text}\` names a port alone; write \`127.0.0.1:${text}\``
  const parts = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text)
  if (!parts) return `\`${text}\` is not an address such as \`127.0.0.1:7700\` or \`[::1]:7700\``
  const host = parts[1] ?? parts[2] ?? ''
  const port = Number(parts[3])
  if (host === '') return `\`${text}\` names no address; write \`0.0.0.0:${port}\` to listen on all of them`
  if (parts[1] !== undefined && isIP(host) !== 6) return `\`${host}\` is not an IPv6 address`
  if (/^[\d.]+$/.test(host) && isIP(host) !== 4) return `\`${host}\` is not an IPv4 address`
  if (port > PORTS) return `\`${parts[3]}\` is not a port: the highest is ${PORTS}`
  return { host, port }
}

/** Whether a certificate can name it: an address, or a name. */
export function isHostName(text: string): boolean {
  const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
  return isIP(text) !== 0 || (text.length < 254 && new RegExp(`^${label}(?:\\.${label})*$`, 'i').test(text))
}

/** Whether it stands for every address of the machine. */
export function isEveryAddress({ host }: Address): boolean {
  return /^[0.:]+$/.test(host) && /^(0+(\.0+)*|[0:]+)$/.test(host)
}

/** Checks an address or a network in CIDR notation. Answers a sentence when it is neither, or is everyone. */
export function checkNetwork(text: string): string | undefined {
  if (parseNetwork(text) === undefined) {
    return `\`${text}\` is not an address or a network such as \`10.0.0.0/8\``
  }
  if (text.endsWith('/0')) {
    return `\`${text}\` is everyone: any client could then claim any address; name the proxy's own network`
  }
  return undefined
}
