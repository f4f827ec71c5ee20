import type { KeyPair, LoadedKey } from '../key-spec.ts'
import { keySpec } from '../key-specs.ts'
import { generateMaterial, loadMaterial } from '../material.ts'
import { RSA_MATERIAL } from './rsa-material.ts'

/** A key of a spec, for tests: new, but for RSA, whose keys are fixed. */
export async function testKey(name: string): Promise<LoadedKey> {
  return loadMaterial(keySpec(name)!, await testMaterial(name))
}

export async function testPair(name: string): Promise<KeyPair> {
  const key = await testKey(name)
  if (key.spec.kind !== 'pair') throw new Error(`${name} keys are no key pairs`)
  return key as KeyPair
}

export async function testMaterial(name: string): Promise<Uint8Array> {
  return RSA_MATERIAL[name as keyof typeof RSA_MATERIAL] ?? generateMaterial(keySpec(name)!)
}

export const PAIR_SPECS = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_P256', 'EC_P256K', 'EC_SM2'] as const
