import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Keys and certificates as an operator makes them: with the openssl command.

/** Kinds of keys, as `openssl genpkey` takes them. */
export const kinds = {
  rsa: '-algorithm RSA -pkeyopt rsa_keygen_bits:2048',
  shortRsa: '-algorithm RSA -pkeyopt rsa_keygen_bits:512',
  p256: '-algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  secp256k1: '-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1',
  ed25519: '-algorithm ED25519',
} as const

export function openssl(folder: string, line: string): void {
  execFileSync('openssl', line.split(' '), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Writes NAME.key and NAME.crt; `more` is given to `openssl req`. Answers their paths. */
export function makePair(folder: string, name: string, kind: keyof typeof kinds, more = '-days 100') {
  openssl(folder, `genpkey ${kinds[kind]} -out ${name}.key`)
  openssl(folder, `req -x509 -new -key ${name}.key -subj /CN=${name} -out ${name}.crt ${more}`)
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
  chmodSync(files.key, 0o600)
  return files
}

/** As {@link makePair}, valid between two dates (`200101000000Z`). */
export function makeDatedPair(folder: string, name: string, from: string, to: string) {
  const files = makePair(folder, name, 'p256')
  const at = (end: string) => join(folder, `${name}.${end}`)
  openssl(folder, `req -new -key ${name}.key -subj /CN=${name} -out ${name}.csr`)
  writeFileSync(at('index'), '')
  const section = [
    '[a]',
    `database=${at('index')}`,
    'policy=p',
    `serial=${at('serial')}`,
    'default_md=sha256',
    `new_certs_dir=${folder}`,
  ]
  writeFileSync(at('conf'), [...section, '[p]', 'commonName=supplied'].join('\n'))
  openssl(
    folder,
    `ca -batch -notext -selfsign -rand_serial -config ${at('conf')} -name a -keyfile ${name}.key -in ${name}.csr -out ${name}.crt -startdate ${from} -enddate ${to}`,
  )
  return files
}

export const textOf = (file: string) => readFileSync(file, 'utf8')
