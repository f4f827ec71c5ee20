/** A role, and a refusal, for the examples of STS and RAM operations. */
export interface IdentityExamples {
  /** Of a role that trusts everyone in its account. */
  readonly roleArn: string
  readonly agencyUrn: string
  /** Of a refusal in the account. */
  readonly diagnosticMessage: string
  /** Of no user, group, role or policy yet. */
  readonly newName: string
  /** Of a user, a group, a role and a policy each, that nothing hangs on. */
  readonly name: string
  /** Of the same, where everything is tied to everything; the user has an access key and a login profile. */
  readonly tied: string
  readonly accessKeyId: string
  readonly trust: string
  /** Ids on the Huawei wire of what `name` and `tied` name; the policies are those of `iam`. */
  readonly ids: EntityIds
  /** Of an agency that belongs to a service: what one may be called, one that is there, and one that was deleted. */
  readonly serviceName: string
  readonly serviceAgencyId: string
  readonly deletionTaskId: string
  readonly tiedIds: EntityIds
  readonly iamTrust: string
  readonly iamDocument: string
}

export interface EntityIds {
  readonly user: string
  readonly group: string
  readonly agency: string
  readonly policy: string
}

const NO_IDS: EntityIds = { user: 'none', group: 'none', agency: 'none', policy: 'none' }

/** Examples for the operations of the other products. */
export const NO_IDENTITY: IdentityExamples = Object.freeze({
  roleArn: '',
  agencyUrn: '',
  diagnosticMessage: '',
  newName: 'new',
  name: 'none',
  tied: 'none',
  accessKeyId: 'none',
  trust: '',
  ids: NO_IDS,
  serviceName: 'example',
  serviceAgencyId: 'none',
  deletionTaskId: 'none',
  tiedIds: NO_IDS,
  iamTrust: '',
  iamDocument: '',
})

/** The service that the examples are made on. */
export interface ExampleFixture {
  readonly uid: string
  readonly domainId: string
  apply(world: object): Promise<unknown>
  call(action: string, input: object): Promise<{ readonly body: unknown }>
}

const document = (language: 'iam' | 'ram', statement: object) => ({
  Version: language === 'ram' ? '1' : '5.0',
  Statement: [statement],
})

/**
 * For one operation: a user, a group, a role and a policy that nothing hangs on, and others that are tied to each other.
 * Their names are the operation's own, so that what one deletes or ties is not in the way of the next.
 */
export async function exampleIdentities(
  operation: string,
  count: number,
  fixture: ExampleFixture,
): Promise<Omit<IdentityExamples, 'diagnosticMessage'>> {
  const { uid, domainId } = fixture
  const trust = {
    ram: document('ram', {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { RAM: `acs:ram::${uid}:root` },
    }),
    iam: document('iam', {
      Effect: 'Allow',
      Action: ['sts:agencies:assume'],
      Principal: { IAM: [domainId] },
    }),
  }
  const [, product, call = ''] = /^(\w+):(.*)$/.exec(operation)!
  const language = product === 'iam' ? 'iam' : 'ram'
  // Calls of both products have the same names.
  const own = product === 'iam' ? `iam-${call}` : call
  // What these make stays with the user or the policy, and there can be one, or few.
  const once = /Create(LoginProfile|PolicyVersion)$/.test(own) ? `-${count}` : ''
  const [name, tied] = [`ex-${own}${once}`, `tied-${own}${once}`]
  const accessKeyId = `KEY${own}${once}`
  const listing = document('ram', { Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' })
  const pairs = document('iam', { Effect: 'Allow', Action: ['kps:SSHKeyPair:list'], Resource: ['*'] })
  const policies = [name, tied].map((one) => ({
    name: one,
    language,
    document: language === 'iam' ? pairs : listing,
  }))
  const attached = { [language]: [tied] }
  const secret = 'a-secret-for-tests'
  await fixture.apply({
    accounts: [
      {
        uid,
        policies,
        users: [{ name }, { name: tied, policies: attached, accessKeys: [{ id: accessKeyId, secret }] }],
        // An account has few groups.
        groups: own.includes('Group') ? [{ name }, { name: tied, members: [tied], policies: attached }] : [],
        roles: [
          { name, trust },
          { name: tied, trust, policies: attached },
        ],
      },
    ],
  })
  if (/LoginProfile/.test(own))
    await fixture.call('ram:CreateLoginProfile', { UserName: tied, Password: 'a-password-for-tests' })
  const [ids, tiedIds] =
    language === 'iam' ? [await idsOf(fixture, name), await idsOf(fixture, tied)] : [NO_IDS, NO_IDS]
  if (own === 'iam-DeletePolicyVersion') {
    const two = { policy_id: tiedIds.policy, policy_document: JSON.stringify(pairs), set_as_default: true }
    await fixture.call('iam:CreatePolicyVersion', two)
  }
  if (own === 'DeletePolicyVersion') {
    const two = { PolicyName: tied, PolicyDocument: JSON.stringify(listing), SetAsDefault: true }
    await fixture.call('ram:CreatePolicyVersion', two)
  }
  const service = await serviceAgency(own, `ex${count}`, fixture)
  return {
    ...service,
    roleArn: `acs:ram::${uid}:role/${name}`,
    agencyUrn: `iam::${domainId}:agency:${name}`,
    newName: `made-${count}`,
    name,
    tied,
    accessKeyId,
    trust: JSON.stringify(trust.ram),
    ids,
    tiedIds,
    iamTrust: JSON.stringify(trust.iam),
    iamDocument: JSON.stringify(pairs),
  }
}

/** The agency of a service, for calls on one: there, or deleted. */
async function serviceAgency(call: string, serviceName: string, fixture: ExampleFixture) {
  const none = { serviceName, serviceAgencyId: 'none', deletionTaskId: 'none' }
  if (!/-(Delete|Get)ServiceLinked/.test(call)) return none
  const service_principal = `service.${serviceName}`
  const made = (await fixture.call('iam:CreateServiceLinkedAgency', { service_principal })).body as Record<
    string,
    unknown
  >
  const { agency_id } = made.agency as { agency_id: string }
  if (!call.includes('Status')) return { ...none, serviceAgencyId: agency_id }
  const task = (await fixture.call('iam:DeleteServiceLinkedAgency', { agency_id })).body as Record<
    string,
    unknown
  >
  return { ...none, deletionTaskId: String(task.deletion_task_id) }
}

/** The ids that entities of one name have on the Huawei wire. */
async function idsOf(fixture: ExampleFixture, name: string): Promise<EntityIds> {
  /** Asking costs: only what the operation is about is looked for. */
  const find = async (about: RegExp, list: string, member: string, kind: string, more: object = {}) => {
    if (!about.test(name)) return 'none'
    for (let marker: string | undefined; ; ) {
      const page = { limit: 200, ...more, ...(marker && { marker }) }
      const body = (await fixture.call(`iam:${list}`, page)).body as Record<
        string,
        Record<string, string>[]
      > & {
        page_info: { next_marker?: string }
      }
      const found = body[member]?.find((one) => one[`${kind}_name`] === name)
      marker = body.page_info.next_marker
      if (found || !marker) return found?.[`${kind}_id`] ?? 'none'
    }
  }
  return {
    user: await find(/User|LoginProfile|AccessKey|Resource/, 'ListUsers', 'users', 'user'),
    group: await find(/Group/, 'ListGroups', 'groups', 'group'),
    agency: await find(/Agency|Trust|Tags/, 'ListAgencies', 'agencies', 'agency'),
    policy: await find(/Polic/, 'ListPolicies', 'policies', 'policy', { policy_type: 'custom' }),
  }
}
