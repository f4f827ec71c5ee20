import { networkHolds, parseAddress, parseNetwork, readQuad } from '../match/address.ts'
import type { Comparison, ValueTest } from './types.ts'

function compile(values: readonly string[]): ValueTest {
  const networks = values.map((value) => parseNetwork(value)!)
  const four = networks.filter((network) => network.version === 4)
  return (value) => {
    const quad = readQuad(value)
    if (quad >= 0) {
      for (const network of four) if ((quad & network.masks[3]!) >>> 0 === network.words[3]) return true
      return false
    }
    const address = parseAddress(value)
    return address === undefined ? undefined : networks.some((network) => networkHolds(network, address))
  }
}

/** Equal to an address or inside a CIDR block. */
export const address: Comparison = Object.freeze<Comparison>({
  kind: 'address',
  readable: (value) => parseNetwork(value) !== undefined,
  compile,
})
