import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  DEFAULT_KEY_SPEC,
  importMaterial,
  type KeySpec,
  keySpec,
  keySpecs,
  Refusal,
  wrapMaterial,
  writeFileWhole,
} from '@keyward/server/offline'
import { readJson } from './client/profile.ts'
import type { Command } from './command.ts'
import { misused } from './exit.ts'
import type { Io } from './io.ts'

const PARAMETERS = 'get them with: keyward call kms GetParametersForImport KeyId=... > import.json'

/** Prepares key material for ImportKeyMaterial, apart from the service: nothing is sent. */
export const wrap: Command = {
  name: 'wrap',
  usage: 'PARAMETERS MATERIAL --algorithm NAME [--key-spec NAME] [--out PREFIX]',
  about:
    'Wraps key material for import into a key of the service. PARAMETERS is the answer of GetParametersForImport; MATERIAL holds the bytes of a symmetric or MAC key as they are, or a private key (PKCS#8, DER or PEM). Writes PREFIX.material and PREFIX.token, which ImportKeyMaterial takes. Nothing is sent, so that the material can stay on a machine without a network.',
  examples: [
    [
      'keyward call kms GetParametersForImport KeyId=$KEY WrappingKeySpec=RSA_2048 WrappingAlgorithm=RSAES_OAEP_SHA_256 > import.json',
      'the public key to wrap with, good for a day',
    ],
    [
      'keyward wrap import.json key.bin --algorithm RSAES_OAEP_SHA_256',
      'writes import.material, import.token',
    ],
    [
      'keyward call kms ImportKeyMaterial KeyId=$KEY ImportToken=@import.token EncryptedKeyMaterial=@import.material',
      'and there it is',
    ],
  ],
  flags: [
    {
      name: 'algorithm',
      type: 'text',
      value: 'NAME',
      description: 'The WrappingAlgorithm that the parameters were made for.',
    },
    {
      name: 'key-spec',
      type: 'text',
      value: 'NAME',
      description: `Spec of the key that the material is for; default ${DEFAULT_KEY_SPEC}.`,
    },
    {
      name: 'out',
      type: 'text',
      value: 'PREFIX',
      description: 'Where to write; default PARAMETERS without its .json.',
    },
  ],
  words: [2, 2],
  async run(line, io) {
    const [parametersFile = '', materialFile = ''] = line.words
    const spec = specNamed(line.text('key-spec') ?? DEFAULT_KEY_SPEC)
    const algorithm = wayOf(spec, line.text('algorithm'))
    const parameters = readJson(resolve(io.folder, parametersFile), PARAMETERS)
    const publicKey = Buffer.from(member(parameters, 'PublicKey', parametersFile), 'base64')
    const token = member(parameters, 'ImportToken', parametersFile)
    const material = readMaterial(spec, materialFile, io)
    const prefix = resolve(io.folder, line.text('out') ?? parametersFile.replace(/\.json$/, ''))
    try {
      const wrapped = wrapMaterial(spec, algorithm, publicKey, material)
      write(`${prefix}.material`, Buffer.from(wrapped).toString('base64'))
      write(`${prefix}.token`, token)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw misused(`the public key in \`${parametersFile}\` is not one for \`${algorithm}\`; ${PARAMETERS}`)
    } finally {
      material.fill(0)
    }
    io.out(`${prefix}.material`)
    io.out(`${prefix}.token`)
    return 0
  },
}

function specNamed(name: string): KeySpec {
  const spec = keySpec(name)
  if (spec) return spec
  throw misused(
    `unknown key spec \`${name}\`; there are ${keySpecs()
      .map((one) => one.name)
      .join(', ')}`,
  )
}

/** A way in which material of this spec can come in. */
function wayOf(spec: KeySpec, name: string | undefined) {
  const way = spec.wrappings.find(({ algorithm }) => algorithm === name)
  if (way) return way.algorithm
  const ways = spec.wrappings.map(({ algorithm }) => algorithm).join(', ')
  if (name === undefined)
    throw misused(`\`--algorithm\` is missing; material of ${spec.name} comes in by ${ways}`)
  throw misused(`material of ${spec.name} does not come in by \`${name}\`, but by ${ways}`)
}

function member(parameters: Record<string, unknown>, name: string, file: string): string {
  const value = parameters[name]
  if (typeof value === 'string' && value !== '') return value
  throw misused(`\`${file}\` has no \`${name}\`; ${PARAMETERS}`)
}

/** The material in the form that is imported. */
function readMaterial(spec: KeySpec, file: string, io: Io): Uint8Array {
  let bytes: Buffer
  try {
    bytes = readFileSync(resolve(io.folder, file))
  } catch (error) {
    throw misused(`\`${file}\` cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
  try {
    return importMaterial(spec, derOf(bytes))
  } catch {
    if (spec.material.bytes !== undefined) {
      throw misused(
        `material of ${spec.name} has ${spec.material.bytes} bytes; \`${file}\` has ${bytes.length}`,
      )
    }
    throw misused(`\`${file}\` is not a private key of ${spec.name} in PKCS#8`)
  } finally {
    bytes.fill(0)
  }
}

function derOf(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, 11).equals(Buffer.from('-----BEGIN '))) return bytes
  return createPrivateKey(bytes).export({ type: 'pkcs8', format: 'der' })
}

function write(file: string, text: string): void {
  try {
    writeFileWhole(file, text)
  } catch (error) {
    throw misused(`\`${file}\` cannot be written: ${(error as NodeJS.ErrnoException).code}`)
  }
}
