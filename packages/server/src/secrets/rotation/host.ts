import { randomBytes } from 'node:crypto'
import { type Algorithm, algorithms } from '../../keypairs/algorithms.ts'
import { parsePublicLine, writePublicLine } from '../../keypairs/formats/public-line.ts'
import { readPrivateKey } from '../../keypairs/formats/read-private-key.ts'
import { writePrivateKey } from '../../keypairs/formats/write-private-key.ts'
import { generateKey } from '../../keypairs/generate.ts'
import type { HostAddress, Login } from '../../keypairs/hosts/connection.ts'
import { HostFailure } from '../../keypairs/hosts/failure.ts'
import { addressOf, findHost, setupOf } from '../../keypairs/hosts/registry.ts'
import { runHostJob } from '../../keypairs/hosts/run-job.ts'
import type { SshdSetup } from '../../keypairs/hosts/scripts.ts'
import { openSession } from '../../keypairs/hosts/session.ts'
import { managedPassword } from '../password.ts'
import { hostUsers } from '../targets/host-users.ts'
import { RotationFailure } from './failure.ts'
import { preparePasswordChange } from './host-password.ts'
import type { Managed, Place, PlaceParts, Value } from './place.ts'

/**
 * A user of a registered host. The service has no login of its own there: the user changes its own password or key, with
 * the value that is valid, and so gains nothing that it did not have.
 */
export function hostPlace(parts: PlaceParts, { accountUid, config }: Managed): Place {
  const id = String(config.InstanceId)
  const byKey = config.SecretSubType === 'SSHKey'

  async function open({ UserName = '' }: Value): Promise<{ at: HostAddress; sshd: SshdSetup }> {
    const host = await findHost(parts.read, accountUid, id)
    if (!host) throw new RotationFailure('HostNotFound', `the host \`${id}\` is not registered`)
    if (!(await hostUsers(parts.read, accountUid, id)).includes(UserName)) {
      const why = `the host \`${id}\` does not let secrets manage the user \`${UserName}\``
      throw new RotationFailure('NotListed', why)
    }
    return { at: { ...addressOf(host), user: UserName }, sshd: setupOf(host) }
  }

  async function prove(value: Value): Promise<void> {
    const { at } = await open(value)
    const session = await openSession(at, await loginOf(value))
    session.close()
  }

  /** Logs in as the user by whichever of two values is valid. */
  async function valid(at: HostAddress, first: Value, second: Value | undefined): Promise<Value> {
    try {
      ;(await openSession(at, await loginOf(first))).close()
      return first
    } catch (error) {
      if (!second || !(error instanceof HostFailure) || error.code !== 'LoginRefused') throw error
      return second
    }
  }

  return {
    alternates: false,
    async next({ UserName = '', PublicKey }) {
      if (!byKey) return { UserName, Password: managedPassword() }
      const key = await generateKey(algorithmOf(PublicKey ?? ''))
      return {
        UserName,
        PublicKey: writePublicLine(key.public, 'keyward'),
        PrivateKey: writePrivateKey(key, 'openssh', 'keyward'),
      }
    },
    inspect: prove,
    async prepare(value, current) {
      const { at, sshd } = await open(value)
      const now = await valid(at, current ?? value, value)
      if (!byKey) {
        // What is valid already needs no change.
        if (now === value) return { make: async () => {}, close: () => {} }
        return preparePasswordChange(at, String(now.Password), String(value.Password))
      }
      const login = await loginOf(now)
      const newKey = await readPrivateKey(String(value.PrivateKey))
      return {
        make: () => done(parts, at, sshd, { add: String(value.PublicKey) }, login, newKey),
        close: () => {},
      }
    },
    prove,
    ...(byKey
      ? {
          async retire(old, current) {
            const { at, sshd } = await open(current)
            const { PublicKey = '' } = old
            await done(
              parts,
              at,
              sshd,
              { add: String(current.PublicKey), remove: PublicKey },
              await loginOf(current),
            )
          },
        }
      : {}),
  }
}

/** One change of authorized_keys, with all that protects a host: what lets in is proved before anything goes. */
async function done(
  { onHostStep }: Pick<PlaceParts, 'onHostStep'>,
  host: HostAddress,
  sshd: SshdSetup,
  change: { readonly add: string; readonly remove?: string },
  login: Login,
  newKey?: Awaited<ReturnType<typeof readPrivateKey>>,
): Promise<void> {
  const outcome = await runHostJob({
    host,
    sshd,
    job: { id: randomBytes(8).toString('hex'), passwords: 'keep', ...change },
    login,
    ...(newKey ? { newKey } : {}),
    // Begun again from its begin after a crash: what is on the host by then is found.
    journal: [],
    async save({ event, step }) {
      if (event === 'started') await onHostStep?.(step)
    },
  })
  // A line that is not there any more is what a retirement is for.
  if (!outcome.ok && !(change.remove !== undefined && outcome.code === 'KeysAltered')) {
    throw new HostFailure(outcome.code, outcome.message)
  }
}

async function loginOf({ Password, PrivateKey }: Value): Promise<Login> {
  if (Password !== undefined) return { kind: 'password', password: Password }
  return { kind: 'key', key: await readPrivateKey(String(PrivateKey)) }
}

/** The new key is of the kind of the old one. */
function algorithmOf(line: string): Algorithm {
  const { algorithm } = parsePublicLine(line)
  return algorithm in algorithms ? (algorithm as Algorithm) : 'SSH_ED25519'
}
