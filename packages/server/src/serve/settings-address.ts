import { BlockList, isIP } from 'node:net'

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

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether only this machine can reach the address. A name other than `localhost` may lead anywhere. */
export function isLoopback({ host }: Address): boolean {
  const version = isIP(host)
  return version === 0
    ? host.toLowerCase() === 'localhost'
    : loopback.check(host, version === 6 ? 'ipv6' : 'ipv4')
}

/** Checks an address or a network in CIDR notation. Answers a sentence when it is neither, or is everyone. */
export function checkNetwork(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  const most = version === 6 ? 128 : 32
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most)
  if (version === 0 || !fits || rest.length > 0) {
    return `\`${text}\` is not an address or a network such as \`10.0.0.0/8\``
  }
  if (bits !== undefined && Number(bits) === 0) {
    return `\`${text}\` is everyone: any client could then claim any address; name the proxy's own network`
  }
  return undefined
}
