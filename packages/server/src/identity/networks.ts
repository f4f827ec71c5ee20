import { BlockList, isIPv6 } from 'node:net'
import type { ReadHandle } from '../store/store.ts'

/** The VPC that an address belongs to. */
export interface Network {
  readonly vpc: string
  /** Absent: not through an endpoint. */
  readonly endpoint?: string
}

/** Which addresses count as coming from a VPC. */
export interface NetworkMap {
  /** By the narrowest network that holds the address; undefined: a public one. */
  find(address: string): Network | undefined
}

/** The network map of this directory. */
export async function readNetworks(db: ReadHandle): Promise<NetworkMap> {
  const rows = await db.selectFrom('networks').selectAll().execute()
  const networks = rows
    .map(({ cidr, vpc_id, endpoint_id }) => {
      const [address = '', length = '0'] = cidr.split('/')
      const family = isIPv6(address) ? ('ipv6' as const) : ('ipv4' as const)
      const block = new BlockList()
      block.addSubnet(address, Number(length), family)
      const network: Network = endpoint_id === '' ? { vpc: vpc_id } : { vpc: vpc_id, endpoint: endpoint_id }
      return { family, length: Number(length), block, network: Object.freeze(network) }
    })
    .sort((a, b) => b.length - a.length)
  return Object.freeze({
    find(address: string) {
      if (networks.length === 0) return undefined
      const family = isIPv6(address) ? 'ipv6' : 'ipv4'
      return networks.find((one) => one.family === family && one.block.check(address, family))?.network
    },
  })
}
