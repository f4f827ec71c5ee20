import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { keySpecs, usagesOf } from '../../crypto/algorithms/index.ts'
import { accountCall } from './account-call.ts'
import { Input, Nothing } from './fields.ts'

/** The service is open for every account that it knows. */
export const describeAccountKmsStatus = accountCall({
  action: 'DescribeAccountKmsStatus',
  summary: 'Show whether the service is open for the account',
  input: Input({}),
  output: Type.Object({ AccountStatus: Type.String() }),
  work: () => ({ AccountStatus: 'Enabled' }),
  example: {},
})

/** Answers what the cloud answers to an account whose service is open: clients take it for success. */
export const openKmsService = accountCall({
  action: 'OpenKmsService',
  summary: 'Open the service for the account: it is open',
  input: Input({}),
  output: Nothing,
  refuses: 'ServiceOpened',
  work() {
    throw refuse({ code: 'ServiceOpened' })
  },
  example: {},
})

const texts = (name: string) => Type.Object({ [name]: Type.Array(Type.String()) })

/** What keys can be made of: the table of key specs. */
export const describeService = accountCall({
  action: 'DescribeService',
  summary: 'Show the key specs and their usages',
  input: Input({}),
  output: Type.Object({
    ProtectionLevels: Type.Object({ ProtectionLevel: Type.Array(Type.Object({ Type: Type.String() })) }),
    KeySpecs: Type.Object({
      KeySpec: Type.Array(
        Type.Object({
          Name: Type.String(),
          SupportedProtectionLevels: texts('SupportedProtectionLevel'),
          Usages: texts('Usage'),
        }),
      ),
    }),
  }),
  work: () => ({
    ProtectionLevels: { ProtectionLevel: [{ Type: 'SOFTWARE' }] },
    KeySpecs: {
      KeySpec: keySpecs().map((spec) => ({
        Name: spec.name,
        SupportedProtectionLevels: { SupportedProtectionLevel: ['SOFTWARE'] },
        Usages: { Usage: Object.keys(usagesOf(spec)) },
      })),
    },
  }),
  example: {},
})
