import { writeOpenSshPrivateKey } from './openssh-private.ts'
import type { PrivateKey } from './private-key.ts'

/** The texts a private key can be written in. `sec1` is of EC keys alone, `pkcs1` of RSA keys alone. */
export type PrivateKeyFormat = 'pkcs1' | 'pkcs8' | 'sec1' | 'openssh'

/** The format that every OpenSSH version reads, and the documented one for RSA. */
export function customaryFormat(key: PrivateKey): PrivateKeyFormat {
  const type = key.key.asymmetricKeyType
  return type === 'rsa' ? 'pkcs1' : type === 'ec' ? 'sec1' : 'openssh'
}

/** Writes a private key as text with a final newline, unencrypted. */
export function writePrivateKey(key: PrivateKey, format: PrivateKeyFormat, comment = ''): string {
  if (format === 'openssh') return writeOpenSshPrivateKey(key, comment)
  return key.key.export({ type: format, format: 'pem' }) as string
}
