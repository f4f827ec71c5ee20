import type { TestClock } from '../src/base/clock.ts'
import { type Do, exampleKeys, NO_KEYS } from '../src/operations/kms/testing/example-keys.ts'
import { type Act, exampleKeypairs, NO_KEYPAIRS } from '../src/operations/kps/testing/example-keypairs.ts'
import {
  exampleOrganization,
  NO_ORGANIZATION,
} from '../src/operations/organizations/testing/example-organization.ts'
import { exampleIdentities, NO_IDENTITY } from '../src/operations/ram/testing/example-identities.ts'
import { exampleSecrets, NO_SECRETS } from '../src/operations/secrets/testing/example-secrets.ts'
import { operations } from '../src/operations/table.ts'
import type { ExampleWorld } from '../src/operations/testing/example-world.ts'
import { openTarget } from './rotation-kit.ts'
import type { Credential, TestService } from './service.ts'

const TARGET = { Engine: 'redis', Address: '192.0.2.9', Administrator: 'a', AdministratorPassword: 'p' }

/** What the examples of operations look at, made on one service. */
export interface ExampleWorlds {
  /** A fresh world for each call that writes: what one deletes or makes is not in the way of the next. */
  of(operation: string): Promise<ExampleWorld>
  /** A fresh world. */
  fresh(operation: string): Promise<ExampleWorld>
  /** Forgets the worlds of calls that read. */
  forget(): void
  /** How many were made. */
  count(): number
}

/** `service` has the test clock, and a folder of hooks with one that is called `true`. */
export function exampleWorlds(service: TestService): ExampleWorlds {
  let count = 0
  const worlds = new Map<string, Promise<ExampleWorld>>()

  function exampleWorld(name: string): Promise<ExampleWorld> {
    count += 1
    const known = worlds.get(name)
    if (known) return known
    const world = makeWorld(name)
    if (operations.find((one) => one.name === name)?.effect === 'read') worlds.set(name, world)
    return world
  }

  async function makeWorld(name: string): Promise<ExampleWorld> {
    const { root } = service
    if (/^(iam|ims|ram|resourcemanager|organizations):/.test(name)) return identityWorld(name)
    const key = await service.call(root, 'kms:CreateKey', {})
    const keyId = (key.body.KeyMetadata as { KeyId: string }).KeyId
    const sealed = await service.call(root, 'kms:Encrypt', {
      KeyId: keyId,
      Plaintext: 'aGVsbG8=',
      EncryptionContext: { Project: 'ProjectA' },
    })
    const keypairName = `pair-${count}`
    // Making a key pair is slow: only for the operations that look at one.
    if (name.startsWith('kps:')) {
      await service.call(root, 'kps:CreateKeypair', {
        keypair: { name: keypairName, scope: 'domain', algorithm: 'SSH_ED25519' },
      })
    }
    const targetId = `target-${count}`
    if (name.startsWith('keyward:')) await actAny('keyward:PutTarget', { ...TARGET, TargetId: targetId })
    return {
      accountUid: root.accountUid,
      projectId: root.projectId,
      keyId,
      ciphertextBlob: String(sealed.body.CiphertextBlob),
      keypairName,
      targetId,
      kms: name.startsWith('kms:') ? await exampleKeys(name, keyId, act, advance) : NO_KEYS,
      kps: await exampleKeypairs(name, keypairName, 'true', actAny),
      secrets: await exampleSecrets(name, act, () => openTarget(service)),
      identity: /^(sts|ram):/.test(name) ? await exampleIdentity(name) : NO_IDENTITY,
      organization: name.endsWith(':ReopenAccount') ? await organizationWorld(name) : NO_ORGANIZATION,
    }
  }

  /** The operations of RAM look at no key and no key pair. */
  async function identityWorld(name: string): Promise<ExampleWorld> {
    const { accountUid, projectId } = service.root
    const nothing = {
      keyId: '',
      ciphertextBlob: '',
      keypairName: '',
      targetId: '',
      kms: NO_KEYS,
      kps: NO_KEYPAIRS,
      secrets: NO_SECRETS,
    }
    const isTree = /^(resourcemanager|organizations):/.test(name)
    return {
      accountUid,
      projectId,
      ...nothing,
      identity: isTree ? NO_IDENTITY : await exampleIdentity(name),
      organization: isTree ? await organizationWorld(name) : NO_ORGANIZATION,
    }
  }

  /** Folders, accounts and policies of an organization, which there is one of. */
  function organizationWorld(name: string) {
    const callAs = async (who: Credential, action: string, input: Record<string, unknown>) => {
      const { body, status } = await service.call(who, action, input)
      if (status >= 300) throw new Error(`${action}: ${JSON.stringify(body)}`)
      return body
    }
    return exampleOrganization(name, count, {
      main: 'main',
      domainId: service.root.domainId,
      apply: service.apply,
      call: (action, input) => callAs(service.root, action, input),
      callAs: ({ id, secret }, action, input) =>
        callAs({ accessKeyId: id, accessKeySecret: secret, projectId: '' }, action, input),
    })
  }

  /** Users, groups, roles and policies, and the message of a refusal. */
  async function exampleIdentity(name: string): Promise<ExampleWorld['identity']> {
    const { accountUid: uid, domainId } = service.root
    const made = await exampleIdentities(name, count, {
      uid,
      domainId,
      apply: service.apply,
      call: (action, input) => service.call(service.root, action, input as Record<string, unknown>),
    })
    if (!/:Decode/.test(name)) return { ...made, diagnosticMessage: '' }
    const nobody = await service.user(`nobody-${count}`)
    const { AccessDeniedDetail } = (await service.call(nobody, 'kms:ListKeys', {})).body
    const { EncodedDiagnosticMessage = '' } = AccessDeniedDetail as Record<string, string>
    return { ...made, diagnosticMessage: EncodedDiagnosticMessage }
  }

  const act: Do = async (action, input) => {
    const { body, status } = await service.call(
      service.root,
      `kms:${action}`,
      input as Record<string, unknown>,
    )
    if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
    return body
  }
  const actAny: Act = async (name, input) => {
    const { body, status } = await service.call(service.root, name, input as Record<string, unknown>)
    if (status >= 300) throw new Error(`${name}: ${JSON.stringify(body)}`)
    return body
  }
  const advance = (days: number) => (service.service.clock as TestClock).advance(days * 86_400_000)

  return {
    of: exampleWorld,
    fresh(name) {
      count += 1
      return makeWorld(name)
    },
    forget: () => worlds.clear(),
    count: () => count,
  }
}
