import { noSshd, startHost, type TestHost } from '../../src/keypairs/hosts/testing/sshd.ts'
import {
  type AlibabaCaller,
  type AlibabaError,
  acs3Caller,
  popCoreCaller,
} from '../clients/alibabaClients.ts'
import { golangsdk } from '../clients/golangsdk.ts'
import { ALLOW_ALL, assumeAgency, makeAccount, makeKey } from '../identity-kit.ts'
import { register } from '../kps-kit.ts'
import { type Credential, startService, type TestService } from '../service.ts'
import type { Answer, Send } from './play.ts'
import type { Kept, Value } from './values.ts'

// How the Terraform providers of both clouds sign, and what of an answer they take for a success.

/** A service of its own in which lives are played one after the other. */
export interface Stage {
  readonly send: Send
  readonly world: Kept
  close(): Promise<void>
}
type Caller = (url: string, who: Credential) => (call: string, members: Value) => Promise<Answer>

/** Actors are `terraform`, who may do everything, and `guest`, the same in another account. */
async function openStage(caller: Caller, enter: typeof ownKey, hosts: boolean): Promise<Stage> {
  const service = await startService({ switches: ['test-clock'] })
  const terraform = await service.user('terraform', { ram: [ALLOW_ALL.ram], iam: [ALLOW_ALL.iam] })
  const guest = await makeAccount(service, 'guest')
  const { accountUid: uid, domainId: domain, projectId: project } = service.root
  const actors = { terraform: await enter(service, terraform), guest: guest.admin }
  const by = new Map(Object.entries(actors).map(([name, who]) => [name, caller(service.url, who)]))
  const host = hosts && !noSshd ? await startHost() : undefined
  const kept = {
    ...(host && { host: true, port: host.address.port, password: host.password }),
    ...(hosts && { kmsKey: await forKeypairs(service, host) }),
  }
  return {
    send: (as, call, members) => by.get(as)!(call, members),
    world: { uid, domain, project, guestUid: guest.uid, guestDomain: guest.domainId, ...kept },
    async close() {
      await host?.stop()
      await service.close()
    },
  }
}

/** What key pairs are bound to, and a KMS key that may guard them, by its id and the name `tf-custody`. */
async function forKeypairs(service: TestService, host: TestHost | undefined): Promise<string> {
  const down = { host: '127.0.0.1', port: 1, user: 'root', hostKey: Buffer.from(NO_HOST, 'base64') }
  await register(service, 'tf-down', { address: down, setup: {} })
  if (host) await register(service, 'tf-ecs', host)
  const KeyId = await makeKey(service, service.root)
  await service.call(service.root, 'kms:CreateAlias', { KeyId, AliasName: 'alias/tf-custody' })
  return KeyId
}
const NO_HOST = 'AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y'

const ownKey = async (_service: TestService, who: Credential): Promise<Credential> => who

/** Every parameter is text, structures as JSON; most calls add the region by hand. */
const rpc =
  (generic: (login: Credential & { readonly url: string }) => AlibabaCaller): Caller =>
  (url, who) => {
    const client = generic({ url, ...who })
    return async (call, members = {}) => {
      const [version, action] = call.split(' ')
      const texts = Object.entries(members).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ])
      const parameters = { RegionId: 'cn-hangzhou', ...Object.fromEntries(texts) }
      return client(action!, parameters, version).then(
        (body) => ({ code: '', body }),
        (error: AlibabaError) => ({ code: `${error.status} ${error.code}`, body: error.message }),
      )
    }
  }

const ACCEPTED: Readonly<Record<string, readonly number[]>> = {
  GET: [200],
  POST: [200, 201, 202],
  PUT: [200, 201, 202],
  PATCH: [200, 202, 204],
  DELETE: [200, 202, 204],
}

const rest: Caller = (url, who) => {
  const go = golangsdk(url, who)
  return async (call, members) => {
    const [method = '', path = ''] = call.split(' ')
    const { status, body } = await go(method, path, members)
    return { code: ACCEPTED[method]!.includes(status) ? '' : `${status} ${body.error_code}`, body }
  }
}

/** The same rights in the session of an agency: what `assume_role` of the provider makes. */
const byAgency = async (service: TestService, who: Credential): Promise<Credential> => {
  const trust_policy = JSON.stringify({
    Version: '5.0',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['sts:agencies:assume'],
        Principal: { IAM: [service.root.domainId] },
      },
    ],
  })
  const make = await service.call(who, 'iam:CreateAgency', { agency_name: 'provider', trust_policy })
  const { agency_id, urn } = make.body.agency as { agency_id: string; urn: string }
  const listed = await service.call(who, 'iam:ListPolicies', { policy_type: 'custom' })
  const [all] = listed.body.policies as { policy_id: string }[]
  await service.call(who, 'iam:AttachAgencyPolicy', { policy_id: all!.policy_id, agency_id })
  return assumeAgency(service, who, urn)
}

/** The ways to sign, each with the tables of its cloud. */
export const stages: Readonly<Record<string, { readonly cloud: string; open(): Promise<Stage> }>> = {
  'V1 in the form': {
    cloud: 'alibaba',
    open: () =>
      openStage(
        rpc((login) => popCoreCaller(login)),
        ownKey,
        false,
      ),
  },
  'V1 in the query': {
    cloud: 'alibaba',
    open: () =>
      openStage(
        rpc((login) => popCoreCaller(login, 'GET')),
        ownKey,
        false,
      ),
  },
  'ACS3 with a form': {
    cloud: 'alibaba',
    open: () =>
      openStage(
        rpc((login) => acs3Caller(login, { form: true })),
        ownKey,
        false,
      ),
  },
  'SDK-HMAC-SHA256 of golangsdk': { cloud: 'huawei', open: () => openStage(rest, ownKey, true) },
  'the same in the session of an agency': { cloud: 'huawei', open: () => openStage(rest, byAgency, true) },
}
