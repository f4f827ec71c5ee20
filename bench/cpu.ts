// `npm run bench:cpu [-- --rounds N] [--only TEXT] [--json] [PROGRAM...]`: CPU a call of the server, call by call. Of several programs (main.ts of
// other checkouts, lib/main.js of builds) in interleaved rounds: a busy machine makes rates lie, CPU time hardly.
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { load } from './load.ts'
import { type Keyward, startKeyward } from './service.ts'
import { median, microseconds } from './table.ts'

const CONNECTIONS = 64
const CALLS = 12_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('the number of rounds is a whole number from 1')
const programs: readonly (string | undefined)[] = positionals.length === 0 ? [undefined] : positionals
for (const program of positionals)
  if (!existsSync(program)) throw new Error(`there is no program \`${program}\``)

const servers: Keyward[] = []
for (const program of programs) servers.push(await startKeyward(program === undefined ? {} : { program }))
const kinds = await Promise.all(servers.map(callsOf))
const names = Object.keys(kinds[0]!)
if (names.length === 0) throw new Error(`no call has \`${values.only}\` in its name`)
const seen = new Map(names.map((name) => [name, programs.map((): number[] => [])]))
try {
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(round === 0 ? 'warming up\n' : `round ${round} of ${rounds}\n`)
    for (const name of names)
      for (const [i, server] of servers.entries()) {
        const cpu = await cpuOf(server, kinds[i]![name]!, round === 0 ? CALLS * 2 : CALLS)
        if (round > 0) seen.get(name)![i]!.push(cpu)
      }
  }
} finally {
  for (const server of servers) await server.stop()
}
if (values.json) {
  const calls = [...seen].map(([name, all]) => ({
    name,
    microseconds: Object.fromEntries(programs.map((program, i) => [program ?? 'this', all[i]])),
  }))
  process.stdout.write(`${JSON.stringify({ node: process.version, rounds, calls }, undefined, 2)}\n`)
} else for (const [name, all] of seen) print(name, all)

function print(name: string, all: readonly (readonly number[])[]): void {
  const figures = all.map(
    (one) => `${median(one).toFixed(1)} (${Math.min(...one).toFixed(1)}..${Math.max(...one).toFixed(1)})`,
  )
  const gain = all.length > 1 ? `  ${(median(all.at(-1)!) / median(all[0]!)).toFixed(2)}` : ''
  process.stdout.write(`${name.padEnd(34)} ${figures.join('  ')} us${gain}\n`)
}

/** The calls that were asked for. What only others need is not made: an older program may not have it. */
async function callsOf(keyward: Keyward): Promise<Record<string, () => Buffer>> {
  const { KeyMetadata } = await keyward.call('CreateKey')
  const KeyId: string = KeyMetadata.KeyId
  const EncryptionContext = '{"Project":"ProjectA"}'
  const Plaintext = 'A'.repeat(64)
  const parameters = { KeyId, Plaintext, EncryptionContext }
  const { CiphertextBlob } = await keyward.call('Encrypt', parameters)
  const all: Record<string, () => Buffer> = {
    'Encrypt, ACS3': () => keyward.request('Encrypt', parameters),
    'Encrypt, ACS4': () => keyward.request('Encrypt', parameters, 'acs4'),
    'Encrypt, V1': () => keyward.request('Encrypt', parameters, 'v1'),
    'Decrypt, ACS3': () => keyward.request('Decrypt', { CiphertextBlob, EncryptionContext }),
    'Decrypt, V1': () => keyward.request('Decrypt', { CiphertextBlob, EncryptionContext }, 'v1'),
    'DescribeKey, ACS3': () => keyward.request('DescribeKey', { KeyId }),
    'DescribeKey, V1': () => keyward.request('DescribeKey', { KeyId }, 'v1'),
    "GetSecretValue, service's key": () => keyward.request('GetSecretValue', { SecretName: 'service' }),
    "GetSecretValue, caller's key": () => keyward.request('GetSecretValue', { SecretName: 'caller' }),
    'showKeypair, SDK-HMAC': () => keyward.pairRequest('GET', '/bench'),
    'listKeypairs, SDK-HMAC': () => keyward.pairRequest('GET'),
  }
  const asked = Object.entries(all).filter(([name]) => name.includes(values.only))
  const needs = (what: string) => asked.some(([name]) => name.includes(what))
  const SecretData = JSON.stringify({ user: 'shop', password: 'p'.repeat(32) })
  if (needs("service's")) await makeSecret({ SecretName: 'service' })
  if (needs("caller's")) await makeSecret({ SecretName: 'caller', EncryptionKeyId: KeyId })
  if (needs('Keypair')) await keyward.makePair('bench')
  return Object.fromEntries(asked)

  function makeSecret(more: Record<string, string>): Promise<unknown> {
    return keyward.call('CreateSecret', { SecretData, VersionId: 'v1', ...more })
  }
}

/** CPU a call, in microseconds, of one number of calls. */
async function cpuOf(server: Keyward, request: () => Buffer, calls: number): Promise<number> {
  const requests = Array.from({ length: calls }, request)
  const before = server.cpu()
  const { answered, failed } = await load(server.port, CONNECTIONS, 60_000, () => requests.pop())
  if (failed > 0) throw new Error(`${failed} of ${answered} calls failed`)
  return microseconds((server.cpu() - before) / answered)
}
