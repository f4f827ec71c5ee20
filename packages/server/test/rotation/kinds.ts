import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writePublicLine } from '../../src/keypairs/formats/public-line.ts'
import { readPrivateKey } from '../../src/keypairs/formats/read-private-key.ts'
import { writePrivateKey } from '../../src/keypairs/formats/write-private-key.ts'
import { generateKey } from '../../src/keypairs/generate.ts'
import { logIn } from '../../src/keypairs/hosts/connection.ts'
import { foreignLines, byKey as loginKey } from '../../src/keypairs/hosts/testing/jobs.ts'
import { noSshd, startHost, type TestHost } from '../../src/keypairs/hosts/testing/sshd.ts'
import { setPassword } from '../../src/secrets/engines/engine.ts'
import { engineOf } from '../../src/secrets/engines/load.ts'
import type { TestServer } from '../../src/secrets/engines/testing/server.ts'
import { type TestEngine, testEngines } from '../../src/secrets/engines/testing/servers.ts'
import type { Value } from '../../src/secrets/rotation/place.ts'
import { hostKeyLine } from '../kps-kit.ts'
import { serviceRole } from '../rotation-kit.ts'
import type { Life } from './lives.ts'

/** A kind of managed secret on something real that the test started. */
export interface Kind {
  readonly name: string
  readonly secret: string
  /** Registers where it is valid, and makes the secret. */
  create(life: Life): Promise<void>
  /** Throws where a value does not let in. */
  logIn(life: Life, value: Value): Promise<void>
  /** Somebody else changes what was set just now, so that the new value does not let in. `old` is the one before. */
  spoil?(old: Value): Promise<void>
  /** Whether the value before lets in still, after everything. */
  readonly oldStays: boolean
  close(): Promise<void>
}

async function asked(life: Life, name: string, input: Record<string, unknown>): Promise<void> {
  const { body, status } = await life.call(life.root, name, input)
  if (status !== 200) throw new Error(`${name}: ${JSON.stringify(body)}`)
}

/** One server of a kind serves all kinds of secrets in a process; each time they have accounts of their own. */
const servers = new Map<string, Promise<TestServer>>()
let times = 0

/** A single user and two users of one kind of database; Redis has two users alone. */
async function databaseKinds(kind: TestEngine): Promise<Kind[]> {
  const started = servers.get(kind.name) ?? kind.start()
  servers.set(kind.name, started)
  times += 1
  const [single, turn] = [`single${times}`, `turn${times}`]
  const [server, engine] = [await started, await engineOf(kind.name)]
  const Accounts = [single, turn, `${turn}_clone`]
  for (const name of Accounts) await kind.makeAccount(server, { name, password: `first-${name}` })
  const target = `db-${kind.name}`
  const register = (life: Life) =>
    asked(life, 'keyward:PutTarget', {
      TargetId: target,
      Engine: kind.name,
      Address: '127.0.0.1',
      Port: server.at.port,
      Tls: 'off',
      Administrator: kind.administrator.name,
      AdministratorPassword: kind.administrator.password,
      Accounts,
    })
  const common = {
    logIn: (_life: Life, { AccountName = '', AccountPassword = '' }: Value) =>
      engine.logIn(server.at, { name: AccountName, password: AccountPassword }),
    close: () => server.close(),
  }
  const made = (mode: 'SingleUser' | 'DoubleUsers', account: string): Kind => ({
    ...common,
    name: `${kind.name} ${mode}`,
    secret: `${kind.name}/${mode}`,
    oldStays: mode === 'DoubleUsers',
    async create(life) {
      await register(life)
      const redis = kind.name === 'redis'
      await asked(life, 'kms:CreateSecret', {
        SecretName: `${kind.name}/${mode}`,
        VersionId: 'v0',
        SecretType: redis ? 'Redis' : 'Rds',
        SecretData: redis
          ? '$Auto'
          : JSON.stringify({ Accounts: [{ AccountName: account, AccountPassword: `first-${account}` }] }),
        ExtendedConfig: redis
          ? {
              SecretSubType: mode,
              RegionId: 'cn-hangzhou',
              InstanceId: target,
              AccountName: account,
              CloneAccountName: `${account}_clone`,
              AccountPrivilege: 'RoleReadWrite',
            }
          : { SecretSubType: mode, DBInstanceId: target },
      })
    },
    spoil({ AccountName = '' }) {
      const other = AccountName === account ? `${account}_clone` : account
      const name = mode === 'SingleUser' ? account : other
      return setPassword(engine, server.at, kind.administrator, { name, password: 'of-somebody' })
    },
  })
  const two = made('DoubleUsers', turn)
  return kind.name === 'redis' ? [two] : [made('SingleUser', single), two]
}

/** Sends what `chpasswd` sets where this sshd looks, and not to the machine that the tests run on. */
export function keepPasswordsBeside({ config }: TestHost): string {
  const folder = dirname(config)
  writeFileSync(
    join(folder, 'bin', 'chpasswd'),
    `#!/bin/sh\nIFS=: read -r user password\nhash=$(printf '%s\\n' "$password" | openssl passwd -6 -stdin)\nprintf '%s:%s:19000:0:99999:7:::\\n' "$user" "$hash" > ${folder}/shadow\n`,
    { mode: 0o755 },
  )
  return join(folder, 'shadow')
}

async function hostKinds(): Promise<Kind[]> {
  const made = async (mode: 'Password' | 'SSHKey'): Promise<Kind> => {
    const host = await startHost()
    const shadow = keepPasswordsBeside(host)
    const key = await generateKey('SSH_ED25519')
    const line = writePublicLine(key.public, 'old')
    host.setKeys(`${foreignLines}${line}\n`)
    const user = host.address.user
    const data =
      mode === 'Password'
        ? { Password: host.password }
        : { PublicKey: line, PrivateKey: writePrivateKey(key, 'openssh') }
    return {
      name: `host ${mode}`,
      secret: `acs/ecs/${mode}`,
      oldStays: false,
      async create(life) {
        await asked(life, 'keyward:PutHost', {
          HostId: `web-${mode}`,
          Address: host.address.host,
          Port: host.address.port,
          HostKey: hostKeyLine(host.address.hostKey),
          SshdConfig: host.config,
          SshdReload: host.setup.reload,
          SecretUsers: [user],
        })
        await asked(life, 'kms:CreateSecret', {
          SecretName: `acs/ecs/${mode}`,
          VersionId: 'v0',
          SecretType: 'ECS',
          SecretData: JSON.stringify({ UserName: user, ...data }),
          ExtendedConfig: { SecretSubType: mode, RegionId: 'cn-hangzhou', InstanceId: `web-${mode}` },
        })
      },
      async logIn(_life, { Password, PrivateKey }) {
        const login =
          Password === undefined
            ? loginKey(await readPrivateKey(String(PrivateKey)))
            : ({ kind: 'password', password: Password } as const)
        ;(await logIn(host.address, login)).end()
      },
      // A host knows no administrator: only what was there before can be put back without its user.
      async spoil({ Password, PublicKey = '' }) {
        if (Password !== undefined) {
          const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], {
            input: Password,
            encoding: 'utf8',
          })
          writeFileSync(shadow, `${user}:${hash.trim()}:19000:0:99999:7:::\n`)
        } else host.setKeys(`${foreignLines}${PublicKey}\n`)
      },
      close: () => host.stop(),
    }
  }
  if (noSshd) return []
  return [...(process.getuid?.() === 0 ? [await made('Password')] : []), await made('SSHKey')]
}

const USER = 'robot'
export const accessKeys: Kind = {
  name: 'access key',
  secret: `acs/ram/user/${USER}`,
  oldStays: false,
  async create(life) {
    const key = { id: 'LTAIrobot', secret: 'secret-of-robot' }
    const users = [{ name: USER, accessKeys: [key] }]
    const world = { accounts: [{ uid: life.root.accountUid, users, ...serviceRole() }] }
    await asked(life, 'keyward:ApplyWorld', { World: JSON.stringify(world) })
    await asked(life, 'kms:CreateSecret', {
      SecretName: '$Auto',
      VersionId: 'v0',
      SecretType: 'RAMCredentials',
      SecretData: JSON.stringify({ AccessKeys: [{ AccessKeyId: key.id, AccessKeySecret: key.secret }] }),
      ExtendedConfig: { SecretSubType: 'RamUserAccessKey', UserName: USER },
    })
  },
  // It is known when the call is answered at all, whatever policies say.
  async logIn(life, { AccessKeyId = '', AccessKeySecret = '' }) {
    const who = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, projectId: '' }
    const { body, status } = await life.call(who, 'sts:GetCallerIdentity', {})
    if (status !== 200) throw new Error(String(body.Code))
  },
  close: async () => {},
}

/** Every kind that this machine has what it takes for, or those on databases of these engines alone. */
export async function startKinds(engines?: readonly string[]): Promise<readonly Kind[]> {
  const wanted = testEngines.filter(({ missing, name }) => !missing && (engines?.includes(name) ?? true))
  const databases = wanted.map(databaseKinds)
  if (engines) return (await Promise.all(databases)).flat()
  return [...(await Promise.all(databases)).flat(), ...(await hostKinds()), accessKeys]
}
