import { bindingOf, type Operation, operations } from '@keyward/server/client'
import { metricsPage, settingsPage } from '@keyward/server/settings'
import { policyPages } from '../packages/cli/src/policy/reference-pages.ts'
import { conformancePage } from '../packages/server/test/conformance/page.ts'
import { worldPage } from './world-page.ts'

/** The files that are made from the code, with their text. */
export function generatedPages(): readonly (readonly [file: string, text: string])[] {
  return [
    ['docs/settings.md', settingsPage()],
    ['docs/metrics.md', metricsPage()],
    ['docs/operations.md', operationsPage()],
    ['docs/reference/conformance.md', conformancePage()],
    ['docs/reference/world-file.md', worldPage()],
    ...policyPages(),
  ]
}

function operationsPage(): string {
  const products = Map.groupBy(operations, ({ name }) => name.slice(0, name.indexOf(':')))
  const sections = [...products].map(([product, list]) => {
    const rows = list.map((one) => {
      const name = one.name.slice(product.length + 1)
      return `| ${name} | ${wireName(one)} | ${parameters(one)} | ${one.summary} |`
    })
    return `## ${product}\n\n| Operation | On the wire | Parameters | What it does |\n|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return `# Operations

<!-- Made from packages/server/src/operations by \`npm run docs\`; do not edit. -->

Every call that the service answers. \`keyward call PRODUCT OPERATION\` sends one. Required parameters are in bold.

\`keyward call\` takes the parameters by these names and, for the calls with a path, shorter: the members of the one object
that a body consists of by themselves (\`name=\` for \`keypair.name=\`), and \`name=\` for \`keypair_name=\`. \`project_id\` comes
from the credentials. \`keyward help call PRODUCT OPERATION\` shows them all.

${sections.join('\n')}`
}

function wireName(operation: Operation): string {
  const binding = bindingOf(operation)
  if (binding.wire === 'huawei') return `\`${binding.method} ${binding.path}\``
  return `\`${binding.product} ${binding.version} ${binding.action}\``
}

function parameters(operation: Operation): string {
  const binding = bindingOf(operation)
  const dryRun = binding.wire === 'alibaba' && binding.dryRun ? ['DryRun'] : []
  const { properties = {}, required = [] } = operation.input as {
    properties?: object
    required?: readonly string[]
  }
  return [...Object.keys(properties), ...dryRun]
    .map((name) => (required.includes(name) ? `**${name}**` : name))
    .join(', ')
}
