import { NO_KEYS } from '../../src/operations/kms/testing/example-keys.ts'
import { NO_KEYPAIRS } from '../../src/operations/kps/testing/example-keypairs.ts'
import { NO_ORGANIZATION } from '../../src/operations/organizations/testing/example-organization.ts'
import { NO_IDENTITY } from '../../src/operations/ram/testing/example-identities.ts'
import { NO_SECRETS } from '../../src/operations/secrets/testing/example-secrets.ts'
import { type ExampleWorld, exampleInput } from '../../src/operations/testing/example-world.ts'
import { unservedReason } from '../../src/wire/alibaba/unserved.ts'
import { findUnserved } from '../../src/wire/huawei/unserved.ts'
import { listed, listedOf } from './differences.ts'
import { type Subject, subjects, unmodelled, unserved, unservedRest } from './plan.ts'
import { formsOf } from './send.ts'
import { variantsOf } from './variants.ts'

/** Enough to see which parameters an example has. */
export const NOWHERE: ExampleWorld = {
  accountUid: '1000000000000000',
  projectId: '0'.repeat(32),
  keyId: '00000000-0000-4000-8000-000000000000',
  ciphertextBlob: 'AAAA',
  keypairName: 'none',
  targetId: 'none',
  kms: NO_KEYS,
  kps: NO_KEYPAIRS,
  secrets: NO_SECRETS,
  identity: NO_IDENTITY,
  organization: NO_ORGANIZATION,
}

/** The variants of a call, as they are counted: a world changes values, not how many there are. */
export function countOf({ binding, call, apart, query }: Subject): number {
  const example = exampleInput(binding.operation, NOWHERE)
  return variantsOf(call, example, { typed: binding.wire === 'huawei', apart, query }).length
}

const wordsOf = ({ method, path }: { readonly method: string; readonly path: string }) =>
  `- \`${method} ${path}\`: ${findUnserved(method, path)?.words}`

/** `docs/reference/conformance.md`. */
export function conformancePage(): string {
  const all = subjects()
  const rows = all.map((subject) => {
    const forms = formsOf(subject.binding).length
    return `| ${subject.name} | ${countOf(subject)} | ${forms} | ${listedOf(subject.name).size || ''} |`
  })
  const sum = all.reduce((total, one) => total + countOf(one), 0)
  const reasons = listed.map(({ why, of }) => {
    const calls = Object.entries(of).map(
      ([name, differences]) =>
        `- ${name}: ${differences.map((one) => `\`${one.replaceAll('|', '\\|')}\``).join(', ')}`,
    )
    return `### ${why}\n\n${calls.join('\n')}\n`
  })
  const refused = [...unserved()].map(([product, calls]) => {
    const by = Map.groupBy(
      calls,
      (call) => unservedReason(product, call)?.replace(/^The call \w+ is /, '') ?? '',
    )
    const lines = [...by].map(([why, names]) => `- ${names.join(', ')}: ${why}`)
    return `### ${product}\n\n${lines.join('\n')}\n`
  })
  return `# Conformance

<!-- Made from packages/server/test/conformance and packages/server/cases by \`npm run docs\`; do not edit. -->

What the service answers is held against the vendors' own models of their calls: parameters, members and types of answers,
error codes. They are in \`packages/server/cases/models\` (names, types, limits and codes, without texts): for the Alibaba side
made from the vendor's models, for KPS, IAM, STS and Organizations of Huawei from the classes of the official client. A
generator makes sets of parameters for every served call: as little and as much as it takes, each optional parameter alone,
each required one left out, values at a bound and beyond it, each value of a list and one outside, wrong types, parameters
that there are not and parameters that stand twice; the same inside objects and lists. They are sent in every form (GET and
POST, query and form, JSON and XML, every signature) as the root, an allowed user, a session and a user without a policy, and
as a dry run where there is one.

What is asked of an answer: never a 5xx; a code that the model has for the call or that is common, with its status; only
members that the model has, of their types, all that the model requires and all others once at least; a refusal and a dry run
have changed nothing. A user without a policy is denied what works and is told of the rest what everyone is told, to the
letter; and is told the same whether what the call names is there or not, and before and after it was made or taken away.

\`npm run test:conformance\` sends all ${sum} sets of parameters of ${all.length} calls, in forms and as callers more than 55,000
variants; \`npm test\` a sample. A difference that is not listed here fails, and so
does one that is listed and does not occur.

## Differences

${reasons.join('\n')}
## Calls that are not served

Who calls one of these is answered \`UnsupportedOperation\` (400; IAM: \`PAP5.9007\`, STS: \`STS5.9007\`, Organizations: \`Organizations.9015\`) in these words.

${refused.join('\n')}
${[...Map.groupBy(unservedRest(), ({ product }) => product)]
  .map(([product, of]) => `### ${product}\n\n${of.map(wordsOf).join('\n')}\n`)
  .join('\n')}
## Calls without a model

Served, and judged by their own tests alone: the vendors' models that were at hand do not have them.

${unmodelled().join(', ')}

## Sets of parameters a call

| Call | Sets of parameters | Forms | Differences |
|---|---|---|---|
${rows.join('\n')}
`
}
