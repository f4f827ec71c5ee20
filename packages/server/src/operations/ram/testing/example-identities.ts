import type { IdentityExamples } from '../../../pipeline/operation.ts'

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
})

/** The service that the examples are made on. */
export interface ExampleHouse {
  readonly uid: string
  readonly domainId: string
  apply(world: object): Promise<unknown>
  call(action: string, input: object): Promise<unknown>
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
  house: ExampleHouse,
): Promise<Omit<IdentityExamples, 'diagnosticMessage'>> {
  const { uid, domainId } = house
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
  const own = operation.replace(/^\w+:/, '')
  const [name, tied] = [`ex-${own}`, `tied-${own}`]
  const accessKeyId = `KEY${own}`
  const listing = document('ram', { Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' })
  const policies = [name, tied].map((one) => ({ name: one, language: 'ram', document: listing }))
  const attached = { ram: [tied] }
  const secret = 'a-secret-for-tests'
  await house.apply({
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
    await house.call('ram:CreateLoginProfile', { UserName: tied, Password: 'a-password-for-tests' })
  if (own === 'DeletePolicyVersion') {
    const two = { PolicyName: tied, PolicyDocument: JSON.stringify(listing), SetAsDefault: true }
    await house.call('ram:CreatePolicyVersion', two)
  }
  return {
    roleArn: `acs:ram::${uid}:role/${name}`,
    agencyUrn: `iam::${domainId}:agency:${name}`,
    newName: `made-${count}`,
    name,
    tied,
    accessKeyId,
    trust: JSON.stringify(trust.ram),
  }
}
