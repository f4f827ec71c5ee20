import { isIPv4, isIPv6 } from 'node:net'

/*
 * Addresses and login users of hosts, as people write them. Both go into the arguments of ssh, `sshd -T -C` and shell
 * scripts: nothing here holds a quote, a blank, a comma, a control character, or begins with `-`.
 */

const LABEL = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?'
const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
/** The last label says whether a dotted text is a number to resolvers, also `0x7f000001` and `10.1`: no name ends so. */
const NAME = `(?!([^.]*\\.)*(0[xX][0-9A-Fa-f]*|[0-9]+)\\.?$)${LABEL}(\\.${LABEL})*\\.?`
const IPV6 = '(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]{2,45}'

/** Lets through what {@link hostAddress} does, but for IPv6 addresses, of which it sees the characters alone. */
export const ADDRESS_PATTERN = `^(${NAME}|${OCTET}(\\.${OCTET}){3}|${IPV6}|\\[${IPV6}\\])$`
export const LONGEST_ADDRESS = 253
const addressShape = new RegExp(ADDRESS_PATTERN)

/**
 * The address as it is kept: IPv6 without brackets and in small letters. Undefined for what is none. A zone (`fe80::1%eth0`)
 * is refused: it names an interface of one machine, and the service may move to another.
 */
export function hostAddress(text: string): string | undefined {
  if (text.length > LONGEST_ADDRESS + 2 || !addressShape.test(text)) return undefined
  if (!text.includes(':')) return text.length <= LONGEST_ADDRESS ? text : undefined
  const bare = text.replace(/^\[|\]$/g, '').toLowerCase()
  return isIPv6(bare) ? bare : undefined
}

/** What is wrong with a text that {@link hostAddress} does not take, in words. */
export function addressTrouble(text: string): string {
  if (/^\[.*\]:[0-9]*$/.test(text) || /^[^:]+:[0-9]*$/.test(text)) {
    return 'the port of an address is given apart from it'
  }
  if (text.includes('%')) return 'an address with a zone means something on one machine only'
  if (/^[0-9.]+$/.test(text) && !isIPv4(text)) return 'an IPv4 address has four numbers from 0 to 255'
  return 'a name, an IPv4 address or an IPv6 address is needed'
}

/**
 * Names of Unix and of directories: `root`, `svc$`, `anna@corp.example`, `CORP\anna`, `CORP+anna`. Not digits alone, which
 * tools read as the number of a user.
 */
export const USER_PATTERN = '^(?![0-9]+$)[A-Za-z0-9_][A-Za-z0-9_.@+\\\\-]{0,126}[A-Za-z0-9_.@+$-]?$'
export const USER_RULE =
  'letters, digits and `_ . - @ + \\`, `$` at the end, not digits alone; 1 to 128 characters'
