/**
 * The algorithms of key pairs as a table (reference: huawei-kps.md A.4). The names are those of `kps:Algorithm` in a
 * policy, of `keypair.algorithm` in a create call and of `algorithm` in the detail answer.
 */

interface RsaRow {
  readonly family: 'rsa'
  /** Type field of the OpenSSH key blob. */
  readonly sshType: 'ssh-rsa'
  readonly bits: number
}

interface EcdsaRow {
  readonly family: 'ecdsa'
  readonly sshType: `ecdsa-sha2-${SshCurve}`
  /** Curve as the key blob spells it. */
  readonly sshCurve: SshCurve
  /** Curve as JWK spells it. */
  readonly jwkCurve: string
  /** Bytes of one coordinate and of the private scalar. */
  readonly size: number
}

interface Ed25519Row {
  readonly family: 'ed25519'
  readonly sshType: 'ssh-ed25519'
}

type SshCurve = 'nistp256' | 'nistp384' | 'nistp521'
export type AlgorithmRow = RsaRow | EcdsaRow | Ed25519Row

const ecdsa = (sshCurve: SshCurve, jwkCurve: string, size: number): EcdsaRow => ({
  family: 'ecdsa',
  sshType: `ecdsa-sha2-${sshCurve}`,
  sshCurve,
  jwkCurve,
  size,
})

const rows = {
  SSH_RSA_2048: { family: 'rsa', sshType: 'ssh-rsa', bits: 2048 },
  SSH_RSA_3072: { family: 'rsa', sshType: 'ssh-rsa', bits: 3072 },
  SSH_RSA_4096: { family: 'rsa', sshType: 'ssh-rsa', bits: 4096 },
  ECDSA_SHA2_NISTP256: ecdsa('nistp256', 'P-256', 32),
  ECDSA_SHA2_NISTP384: ecdsa('nistp384', 'P-384', 48),
  ECDSA_SHA2_NISTP521: ecdsa('nistp521', 'P-521', 66),
  SSH_ED25519: { family: 'ed25519', sshType: 'ssh-ed25519' },
} as const satisfies Record<string, AlgorithmRow>

export type Algorithm = keyof typeof rows

export const algorithms: Readonly<Record<Algorithm, AlgorithmRow>> = Object.freeze(rows)
export const algorithmNames = Object.freeze(Object.keys(rows)) as readonly Algorithm[]

/** What a create call without `keypair.algorithm` generates. */
export const DEFAULT_ALGORITHM: Algorithm = 'SSH_RSA_2048'
