import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { metricRows } from '../packages/server/src/serve/metrics/rows.ts'

const folder = join(import.meta.dirname, '..', 'deploy', 'monitoring')
const rows = new Map(metricRows.map((row) => [row.name as string, row]))

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: { readonly summary: string; readonly action: string }
}

const rules: Rule[] = parse(readFileSync(join(folder, 'alerts.yaml'), 'utf8')).groups[0].rules
const dashboard = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8'))
const panels: { title: string; targets: { expr: string }[] }[] = dashboard.panels

/** Metrics that an expression names, without the endings of a histogram, and the labels that it asks them for. */
function namesIn(expr: string): string[] {
  return [...expr.matchAll(/keyward_[a-z_]+/g)].map(([name]) => {
    const histogram = name.replace(/_(bucket|sum|count)$/, '')
    return rows.get(histogram)?.type === 'histogram' ? histogram : name
  })
}

function labelsIn(expr: string): string[] {
  const by = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(', '))
  const wanted = [...expr.matchAll(/([a-z]+)=~?"/g)].map(([, name = '']) => name)
  return [...by, ...wanted].filter((label) => label !== 'le' && label !== 'job')
}

const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
]

it.each(expressions)('%s names metrics and labels that there are', (_, expr) => {
  const names = namesIn(expr)
  for (const name of names) expect([...rows.keys()]).toContain(name)
  const labels = names.flatMap((name) => rows.get(name)?.labels ?? [])
  for (const label of labelsIn(expr)) expect(labels).toContain(label)
  if (names.length === 0) expect(expr).toBe('up{job="keyward"} == 0')
})

it('says for each of ten alerts what to do, in a sentence', () => {
  expect(rules).toHaveLength(11)
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(11)
  for (const { annotations } of rules) {
    expect(annotations.action).toMatch(/^[A-Z].{20,}\.$/)
    expect(annotations.summary).toMatch(/^[A-Z].{10,}\.$/)
  }
})

it('shows every metric of the service on the dashboard', () => {
  const shown = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr))))
  const missing = [...rows.keys()].filter((name) => !shown.has(name))
  expect(missing).toEqual(['keyward_build_info'])
})
