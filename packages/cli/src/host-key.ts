import { resolve } from 'node:path'
import {
  addressTrouble,
  HostFailure,
  hostAddress,
  Malformed,
  parsePublicLine,
  scanHostKey,
  sha256Fingerprint,
  writePublicLine,
} from '@keyward/server/client'
import { readText } from './client/profile.ts'
import { failed, misused } from './exit.ts'
import type { CommandLine } from './flags.ts'
import type { Io } from './io.ts'

/** A port as a person writes it; 22 where none is. */
export function portOf(text: string | undefined): number {
  if (text === undefined) return 22
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw misused(`\`${text}\` is not a port`)
  return port
}

/** An address as a person writes it, as it is kept. */
export function addressOf(text: string | undefined): string {
  if (text === undefined) throw misused('`--address HOST` is missing')
  const address = hostAddress(text)
  if (address === undefined) throw misused(`\`${text}\` is no address: ${addressTrouble(text)}`)
  return address
}

/**
 * The line of the host key to pin: as it was given, or as the host shows it and a person has said that it is the right one.
 */
export async function hostKeyOf(line: CommandLine, io: Io, address: string, port: number): Promise<string> {
  const given = line.text('host-key')
  if (given !== undefined && !given.startsWith('SHA256:')) {
    const text = given.startsWith('@') ? readText(resolve(io.folder, given.slice(1)), 'host key') : given
    try {
      return writePublicLine(parsePublicLine(text), '')
    } catch (error) {
      if (error instanceof Malformed) throw misused(`\`--host-key\`: ${error.message}`)
      throw error
    }
  }
  if (given === undefined && !io.person.answers) {
    throw misused('nobody can be asked about the host key: give `--host-key SHA256:...` or its line')
  }
  const { text, fingerprint } = await scanned(address, port)
  if (given !== undefined) {
    if (fingerprint === given) return text
    throw failed(`${address} port ${port} shows the host key ${fingerprint}, not \`${given}\``)
  }
  io.err(`${address} port ${port} shows the host key ${text.split(' ')[0]} ${fingerprint}`)
  const answer = await io.ask('Is that the key of this host? [y/N] ')
  if (!/^y(es)?$/i.test(answer.trim())) throw failed('nothing was changed')
  return text
}

async function scanned(address: string, port: number): Promise<{ text: string; fingerprint: string }> {
  try {
    const blob = await scanHostKey(address, port)
    const type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))
    const key = parsePublicLine(`${type} ${blob.toString('base64')}`)
    return { text: writePublicLine(key, ''), fingerprint: sha256Fingerprint(blob) }
  } catch (error) {
    if (error instanceof HostFailure || error instanceof Malformed) throw failed(error.message)
    throw error
  }
}
