import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Algorithm } from '../algorithms.ts'

/** The real `ssh-keygen` for tests: the second opinion on every format. */
export interface SshKeygen {
  /** Runs it in a folder that holds the given files and returns what it printed. Throws with its words when it fails. */
  run(args: readonly string[], files?: Readonly<Record<string, string>>): string
  /** Generates a key pair and returns its files' texts. */
  generate(
    algorithm: Algorithm,
    options?: {
      readonly format?: 'PEM' | 'PKCS8' | 'RFC4716'
      readonly passphrase?: string
      readonly comment?: string
    },
  ): { readonly privateKey: string; readonly publicLine: string }
  /** Another text of a private key without a passphrase. */
  convert(privateKey: string, format: 'PEM' | 'PKCS8', passphrase?: string): string
  close(): void
}

const flags: Readonly<Record<Algorithm, readonly string[]>> = {
  SSH_RSA_2048: ['-t', 'rsa', '-b', '2048'],
  SSH_RSA_3072: ['-t', 'rsa', '-b', '3072'],
  SSH_RSA_4096: ['-t', 'rsa', '-b', '4096'],
  ECDSA_SHA2_NISTP256: ['-t', 'ecdsa', '-b', '256'],
  ECDSA_SHA2_NISTP384: ['-t', 'ecdsa', '-b', '384'],
  ECDSA_SHA2_NISTP521: ['-t', 'ecdsa', '-b', '521'],
  SSH_ED25519: ['-t', 'ed25519'],
}

/** Undefined where the program is missing; in CI (`CI=true`) that is an error. */
export function sshKeygen(): SshKeygen | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-keygen-'))
  let count = 0
  const run: SshKeygen['run'] = (args, files = {}) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 })
    return execFileSync('ssh-keygen', [...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
  const close = () => rmSync(folder, { recursive: true, force: true })
  try {
    execFileSync('ssh-keygen', ['-Q'], { stdio: 'ignore' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      close()
      if (process.env.CI === 'true') throw new Error('ssh-keygen is missing: install openssh-client')
      return undefined
    }
  }
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  return {
    run,
    close,
    convert(privateKey, format, passphrase = '') {
      run(['-q', '-p', '-m', format, '-P', '', '-N', passphrase, '-f', 'converted'], {
        converted: privateKey,
      })
      return read('converted')
    },
    generate(algorithm, { format, passphrase = '', comment = 'someone@host' } = {}) {
      const name = `key${count++}`
      const form = format === undefined ? [] : ['-m', format]
      run(['-q', ...flags[algorithm], ...form, '-N', passphrase, '-C', comment, '-f', name])
      return { privateKey: read(name), publicLine: read(`${name}.pub`) }
    },
  }
}
