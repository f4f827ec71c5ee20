import { networkHolds, parseAddress, parseNetwork } from '@keyward/policy'
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
    .map(({ cidr, vpc_id, endpoint_id }) => ({
      block: parseNetwork(cidr)!,
      network: Object.freeze<Network>(
        endpoint_id === '' ? { vpc: vpc_id } : { vpc: vpc_id, endpoint: endpoint_id },
      ),
    }))
    .sort((a, b) => b.block.length - a.block.length)
  return Object.freeze({
    find(text: string) {
      const address = networks.length === 0 ? undefined : parseAddress(text)
      return address && networks.find(({ block }) => networkHolds(block, address))?.network
    },
  })
}
