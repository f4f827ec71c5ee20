import { question } from '../packages/policy/src/decide/decide.ts'
import type { LayerSet } from '../packages/policy/src/decide/question.ts'
import {
  compilePolicies,
  type DecisionRequest,
  decide,
  type PolicyLayers,
} from '../packages/policy/src/index.ts'
import { languages } from '../packages/policy/src/language/index.ts'
import { evaluatePlainly } from '../packages/policy/test/reference-evaluator/evaluate.ts'
import { type WorkloadRequest, workload } from '../packages/policy/test/workload.ts'
import { caslEngine } from './policy-casl.ts'
import { cedarEngine } from './policy-cedar.ts'
import { bareAnswer, decisionRequest, otherLayers, parsed } from './policy-keyward.ts'

const REQUESTS = 4096
/** CPU time for which the answers of one engine are compared: a slow one is timed on the requests that were reached. */
const CHECK_MS = 2000
const LEAST_CHECKED = 30

/** Something that answers the requests of a size by their number, or a part of what that takes. */
export interface Contender {
  readonly name: string
  readonly allows: (index: number) => boolean
  /** How many of the requests were checked and are timed, from the first. */
  readonly checked: number
  readonly buildMs?: number
  /** Every action asked for once: what is put off until then. */
  readonly firstMs?: number
  /** Bytes of the heap that are held once every action was asked for; growth of the process meanwhile. */
  readonly heap?: number
  readonly resident?: number
}

/** One size of the workload with every engine built and checked. */
export interface Size {
  readonly statements: number
  readonly requests: number
  readonly leftOut: number
  readonly parseMs: number
  readonly contenders: readonly Contender[]
}

/** Builds every engine for a size. @throws Error when two of them answer a request differently. */
export function prepareSize(statements: number): Size {
  const work = workload(statements, REQUESTS * 8)
  const policies = () => parsed(work.documents, 'identity')
  const [identityPolicies, parseMs] = timed(policies)
  const others = otherLayers(work)
  const { requests, expected, leftOut } = pickRequests(work.requests, others, identityPolicies)
  const asked = [...new Set(requests.map(({ action }) => action))]
  const firsts = asked.map((action) => requests.findIndex((request) => request.action === action))
  const ours = requests.map(decisionRequest)

  const build = (name: string, make: () => (index: number) => boolean): Contender => {
    const before = held()
    const [allows, buildMs] = timed(make)
    const [, firstMs] = timed(() => firsts.forEach(allows))
    const after = held()
    const checked = check(name, allows, expected)
    const heap = after.heap - before.heap
    return { name, allows, buildMs, firstMs, heap, resident: after.resident - before.resident, checked }
  }
  let layers: PolicyLayers = {}
  const keyward = build('keyward, all layers', () => {
    layers = { ...others, identity: compilePolicies('ram', identityPolicies) }
    return (index) => decide('ram', ours[index]!, layers).allowed
  })
  const { session, resource, organization } = work
  check(
    'the reference evaluator',
    (index) => {
      const { user, action, resource: name, context } = requests[index]!
      const request = { principal: user, action, resource: name, context }
      const sources = { identity: work.documents, session, resource, organization }
      return evaluatePlainly({ language: 'ram', policies: sources, request }).decision === 'Allow'
    },
    expected,
  )

  const contenders = [
    keyward,
    build('@casl/ability', caslEngine(work.statements, asked, requests)),
    build('cedar-wasm, prepared', cedarEngine(`of ${statements}`, work.statements, asked, requests)),
    ...partsOf(ours, layers as LayerSet, expected),
  ]
  return { statements, requests: requests.length, leftOut, parseMs, contenders }
}

/**
 * Sixty in a hundred requests that are allowed. Those to which the other layers give another answer than the identity
 * policies alone are left out, so that every engine has the same answers to give.
 */
function pickRequests(
  candidates: readonly WorkloadRequest[],
  others: PolicyLayers,
  identityPolicies: Parameters<typeof compilePolicies>[1],
) {
  const identity = compilePolicies('ram', identityPolicies)
  const allowed: WorkloadRequest[] = []
  const denied: WorkloadRequest[] = []
  for (const candidate of candidates) {
    const request = decisionRequest(candidate)
    const answer = decide('ram', request, { ...others, identity }).allowed
    if (decide('ram', request, { identity }).allowed !== answer) continue
    if (answer) allowed.push(candidate)
    else denied.push(candidate)
  }
  const leftOut = candidates.length - allowed.length - denied.length
  const count = Math.min(REQUESTS, Math.floor(allowed.length / 0.6), Math.floor(denied.length / 0.4))
  const expected = Array.from({ length: count }, (_, i) => Math.floor((i + 1) * 0.6) > Math.floor(i * 0.6))
  const requests = expected.map((allow) => (allow ? allowed : denied).pop()!)
  return { requests, expected, leftOut }
}

/** Decisions with less in them, to see what each part costs. */
function partsOf(
  requests: readonly DecisionRequest[],
  layers: LayerSet,
  expected: readonly boolean[],
): readonly Contender[] {
  const identity: LayerSet = { identity: layers.identity! }
  const read = (index: number) => question(languages.ram, requests[index]!)
  const part = (name: string, allows: (index: number) => boolean) => ({
    name,
    allows,
    checked: check(name, allows, expected),
  })
  return [
    part('keyward, identity only', (index) => decide('ram', requests[index]!, identity).allowed),
    part('keyward, bare yes or no', (index) => bareAnswer(read(index), layers)),
    part('bare, identity only', (index) => bareAnswer(read(index), identity)),
    {
      name: 'reading the request',
      allows: (index) => read(index).owner === '',
      checked: expected.length,
    },
  ]
}

function check(name: string, allows: (index: number) => boolean, expected: readonly boolean[]): number {
  const end = cpuMs() + CHECK_MS
  let checked = 0
  for (; checked < expected.length && (checked < LEAST_CHECKED || cpuMs() < end); checked++) {
    if (allows(checked) !== expected[checked])
      throw new Error(`${name} answers request ${checked} differently`)
  }
  return checked
}

/** Milliseconds of CPU that this thread has used: other programs of the machine cost none of it. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** What ran, and its milliseconds: of CPU where they are many, for that clock ticks coarsely, else on the wall. */
function timed<T>(run: () => T): readonly [T, number] {
  const [wall, cpu] = [performance.now(), cpuMs()]
  const value = run()
  const elapsed = performance.now() - wall
  return [value, elapsed < 10 ? elapsed : Math.min(elapsed, cpuMs() - cpu)]
}

function held(): { readonly heap: number; readonly resident: number } {
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, resident: rss }
}
