import { metricRows } from './rows.ts'

/** docs/metrics.md. */
export function metricsPage(): string {
  const rows = metricRows.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  )
  return `# Metrics

<!-- Made from packages/server/src/serve/metrics/rows.ts by \`npm run docs\`; do not edit. -->

\`keyward serve --metrics 127.0.0.1:9464\` serves them for Prometheus at \`http://127.0.0.1:9464/metrics\`, on a listener of
its own. They are off unless an address is given. The listener asks nobody who they are: let only Prometheus reach it. No
metric names an account, a person, a key or another resource; every label has its values from a closed list.

Counters begin at 0 with the process. What is read from the database (keys, rotations, tasks) is read when Prometheus
asks, at most every 15 seconds, and left out while the database does not answer. Besides these there are the usual
metrics of a Node process (\`process_*\`, \`nodejs_*\`).

The folder \`deploy/monitoring\` has a Grafana dashboard (\`dashboard.json\`) and alerts (\`alerts.yaml\`).

| Metric | Type | Labels | What it says |
|---|---|---|---|
${rows.join('\n')}
`
}
