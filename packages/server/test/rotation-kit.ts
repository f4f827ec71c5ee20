import { type OpenDoor, openDoor } from '../src/secrets/engines/testing/open-door.ts'
import type { Value } from '../src/secrets/rotation/place.ts'
import type { Credential, TestService, WireAnswer } from './service.ts'

/** What the tests of rotation do with one secret of a service. */
export interface SecretKit {
  readonly name: string
  call(operation: string, input?: Record<string, unknown>): Promise<WireAnswer>
  /** The value at a stage; undefined where there is none. */
  value(stage?: string): Promise<Value | undefined>
  describe(): Promise<Record<string, unknown>>
  /** Rotates under a new version name; throws when it is refused. */
  rotate(version: string): Promise<void>
}

export function secretKit(
  service: Pick<TestService, 'call' | 'root'>,
  name: string,
  who: Credential = service.root,
): SecretKit {
  const call = (operation: string, input: Record<string, unknown> = {}) =>
    service.call(who, `kms:${operation}`, { SecretName: name, ...input })
  return {
    name,
    call,
    async value(VersionStage = 'ACSCurrent') {
      const { status, body } = await call('GetSecretValue', { VersionStage })
      return status === 200 ? (JSON.parse(String(body.SecretData)) as Value) : undefined
    },
    async describe() {
      return (await call('DescribeSecret')).body
    },
    async rotate(VersionId) {
      const { status, body } = await call('RotateSecret', { VersionId })
      if (status !== 200) throw new Error(JSON.stringify(body))
      const { RotationError } = (await call('DescribeSecret')).body
      if (RotationError !== undefined) throw new Error(String(RotationError))
    },
  }
}

/** What clients met that logged in all the time. */
export interface ClientReport {
  readonly logins: number
  /** Neither value let in. */
  readonly failures: number
  /** Longest time, in milliseconds, in which no login of a client went well after one had failed. */
  readonly longest: number
}

/**
 * A client that logs in again and again with `ACSCurrent`, falling back to `ACSPrevious`, until it is told to stop. What it
 * does after a failure is to read again.
 */
export function runClient(
  kit: SecretKit,
  logIn: (value: Value) => Promise<void>,
): { stop(): Promise<ClientReport>; readsAgain(): Promise<void> } {
  let stopped = false
  let logins = 0
  let failures = 0
  let longest = 0
  const tries = async (stage: string) => {
    const value = await kit.value(stage)
    if (!value) return false
    try {
      await logIn(value)
      return true
    } catch {
      return false
    }
  }
  const done = (async () => {
    let since: number | undefined
    while (!stopped) {
      const begun = performance.now()
      logins += 1
      if ((await tries('ACSCurrent')) || (await tries('ACSPrevious'))) {
        if (since !== undefined) longest = Math.max(longest, performance.now() - since)
        since = undefined
      } else {
        failures += 1
        since ??= begun
      }
    }
  })()
  return {
    /** Waits until it has read once more from the begin. */
    async readsAgain() {
      const seen = logins
      while (!stopped && logins < seen + 2) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    async stop() {
      stopped = true
      await done
      return { logins, failures, longest }
    },
  }
}

/** Rotations that the long run does with each kind; the usual run is a sample. */
export const ROTATIONS = Number(process.env.ROTATIONS ?? 3)

/**
 * The role by which the service rotates access keys, with its policy, as an account of an apply file has them. Without
 * `users`: those of all users.
 */
export function serviceRole(users = '*', actions = ['List', 'Create', 'Update', 'Delete']) {
  const document = {
    Version: '1',
    Statement: [
      {
        Effect: 'Allow',
        Action: actions.map((verb) => `ram:${verb}AccessKey${verb === 'List' ? 's' : ''}`),
        Resource: `acs:ram:*:*:user/${users}`,
      },
    ],
  }
  const trust = {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ['kms.aliyuncs.com'] } }],
  }
  return {
    policies: [{ name: 'RotateAccessKeys', language: 'ram', document }],
    roles: [
      {
        name: 'AliyunKMSManagedRAMCrendentialsRole',
        trust: { ram: trust },
        policies: { ram: ['RotateAccessKeys'] },
      },
    ],
  }
}

const doors = new WeakMap<object, Promise<OpenDoor>>()

/** Registers a target that lets everyone in, with the account `shop`. It goes with the process. */
export async function openTarget(service: Pick<TestService, 'call' | 'root'>): Promise<string> {
  const door = doors.get(service) ?? openDoor()
  doors.set(service, door)
  const answer = await service.call(service.root, 'keyward:PutTarget', {
    TargetId: 'open-door',
    Engine: 'postgresql',
    Address: '127.0.0.1',
    Port: (await door).port,
    Tls: 'off',
    Administrator: 'keyward',
    AdministratorPassword: 'example-password',
    Accounts: ['shop'],
  })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  return 'open-door'
}
