import { exampleInput } from '../../src/operations/testing/example-world.ts'
import type { ExampleWorlds } from '../example-worlds.ts'
import type { TestService } from '../service.ts'
import { type Actors, makeActors } from './actors.ts'
import { codesOf } from './codes.ts'
import { type Difference, judgeMembers, pathsOf } from './judge.ts'
import type { Subject } from './plan.ts'
import { type Answered, formsOf, send } from './send.ts'
import { openStored } from './stored.ts'
import { type Variant, variantsOf } from './variants.ts'

/** What was found out about one call. */
export interface Finding {
  readonly name: string
  readonly requests: number
  readonly differences: ReadonlySet<Difference>
}

export interface WalkOptions {
  /** Which of the variants to send; all when absent. */
  readonly choose?: (name: string, variants: readonly Variant[]) => readonly Variant[]
  /** How many of its forms a refused variant is sent in; all when absent. */
  readonly forms?: number
}

const ended = ({ status }: Answered) => status >= 200 && status < 300
const denies = ({ status, code }: Answered) =>
  status === 403 && /NoPermission|AccessDenied|PAP5\.0001|STS5\.9001|KPS\.0003|Organizations\.1007/.test(code)

/** Sends the variants of one call after the other, and holds every answer against the model. */
export async function makeWalk(service: TestService, worlds: ExampleWorlds, options: WalkOptions = {}) {
  let actors = await makeActors(service)
  const stored = openStored(service.data)
  let turn = 0

  async function walk(subject: Subject): Promise<Finding> {
    const { binding, call } = subject
    const { operation } = binding
    const differences = new Set<Difference>()
    const seen = new Set<string>()
    const codes = codesOf(subject)
    let requests = 0

    const newWorld = async () => {
      const world = await worlds.fresh(operation.name)
      // The world of an organization takes everything away that files declared before.
      if (
        world.organization.rootId !== 'r-0000000000' ||
        /^(resourcemanager|organizations):/.test(operation.name)
      )
        actors = await makeActors(service)
      const example = exampleInput(operation, world)
      const apart = subject.apart
      return variantsOf(call, example, { typed: binding.wire === 'huawei', apart })
    }

    const ask = async (who: keyof Actors, variant: Variant, at: number): Promise<Answered> => {
      requests += 1
      const forms = formsOf(binding)
      const ask = () => send(service.url, actors[who], binding, call, variant, forms[at % forms.length]!)
      let answer = await ask()
      // Some worlds move the clock by days.
      if (/SecurityToken\.Expired|^STS5\.9003/.test(answer.code)) {
        actors = await makeActors(service)
        before = stored.read()
        answer = await ask()
      }
      if (answer.status >= 500) differences.add(`status ${answer.status}: ${variant.name}`)
      else if (ended(answer)) {
        const { RequestId: _, ...rest } = answer.body
        for (const one of judgeMembers(
          call.answer,
          call.answer.RequestId ? answer.body : rest,
          seen,
          answer.xml,
        ))
          differences.add(one)
        if (variant.expected === 'refuse') differences.add(`accepts: ${variant.name}`)
      } else {
        if (variant.expected === 'accept' && who === 'allowed')
          differences.add(`refuses with ${answer.code}: ${variant.name}`)
        const status = codes.get(answer.code)
        if (status === undefined) differences.add(`code ${answer.code} ${answer.status}: not in the model`)
        else if (status !== answer.status)
          differences.add(`code ${answer.code}: ${answer.status} for ${status}`)
      }
      return answer
    }

    const compare = (variant: Variant, answer: Answered, allowed: Answered) => {
      if (operation.authorization === 'none') return
      const alike = answer.status === allowed.status && answer.code === allowed.code
      if (ended(allowed) ? !denies(answer) : !denies(answer) && !alike)
        differences.add(`a refused user is told ${answer.code} ${answer.status}: ${variant.name}`)
    }

    const choose = (variants: readonly Variant[]) => options.choose?.(subject.name, variants) ?? variants
    let before = ''
    let variants = await newWorld()
    const names = new Set(choose(variants).map(({ name }) => name))
    const find = (name: string) => variants.find((one) => one.name === name)
    const order = [...names].sort((a, b) => rank(find(a)) - rank(find(b)))
    before = stored.read()
    let dirty = false
    let sinceRefused: string[] = []
    /** What was refused until here may have changed nothing. */
    const settle = async () => {
      const held = () => stored.read() === before
      if (operation.effect === 'write' && sinceRefused.length > 0 && !held()) {
        // What the clock asked for may have been done meanwhile. That ends; what a refusal changes, it changes each time.
        let again = 3
        do {
          before = stored.read()
          for (const one of sinceRefused) await ask('allowed', find(one)!, 0)
        } while (!held() && --again > 0)
        if (again === 0) differences.add(`a refusal changed something: ${sinceRefused.join('; ')}`)
      }
      sinceRefused = []
    }
    for (const name of order) {
      if (dirty) {
        variants = await newWorld()
        before = stored.read()
        dirty = false
      }
      const variant = find(name)
      if (!variant) throw new Error(`${subject.name}: the variant ${name} is not always there`)
      turn += 1
      const forms = variant.expected === 'refuse' ? (options.forms ?? formsOf(binding).length) : 1
      const denied = await ask('refused', variant, turn)
      if (operation.effect === 'write' && variant.expected !== 'refuse') await settle()
      const allowed = await ask(
        PRIMARY[variant.expected === 'accept' || name.startsWith('with ') ? 0 : turn % PRIMARY.length]!,
        variant,
        turn,
      )
      compare(variant, denied, allowed)
      if (ended(allowed) && operation.effect === 'write') {
        dirty = true
        continue
      }
      sinceRefused.push(name)
      for (let i = 1; i < forms; i++) await ask(PRIMARY[i % PRIMARY.length]!, variant, turn + i)
      if (operation.effect === 'read' && variant.expected === 'accept')
        for (let i = 1; i < formsOf(binding).length; i++) await ask('session', variant, turn + i)
    }
    await settle()
    const parameters = operation.input as { properties?: object; additionalProperties?: unknown }
    const taken = Object.keys(parameters.properties ?? {})
    if (operation.refuses === undefined) {
      for (const name of Object.keys(call.parameters))
        if (!taken.includes(name) && name !== 'DryRun') differences.add(`parameter ${name}: not taken`)
      const ours = taken.filter((name) => !Object.hasOwn(call.parameters, name) && name !== 'project_id')
      if (ours.length > 10) differences.add('parameters of other calls: taken')
      else for (const name of ours) differences.add(`parameter ${name}: not in the model`)
      // Of what is not there at all the members are not told one by one.
      const missing = pathsOf(call.answer).filter((path) => !seen.has(path) && path !== 'RequestId')
      for (const path of missing)
        if (!missing.includes(path.replace(/\.\w+$/, '')) || !path.includes('.'))
          differences.add(`answer ${path}: not answered`)
    }
    return { name: subject.name, requests, differences }
  }

  /** An account has few groups: those that were made go. */
  async function tidy(): Promise<void> {
    const { body } = await service.call(service.root, 'ram:ListGroups', { MaxItems: 100 })
    const { Group } = body.Groups as { Group: readonly { GroupName: string }[] }
    for (const { GroupName } of Group)
      if (!/^(ex|tied)-/.test(GroupName)) await service.call(service.root, 'ram:DeleteGroup', { GroupName })
  }

  return {
    async walk(subject: Subject): Promise<Finding> {
      const found = await walk(subject)
      if (/Group/.test(subject.name)) await tidy()
      return found
    },
    close: () => stored.close(),
  }
}

const PRIMARY = ['allowed', 'session', 'root'] as const

/** What is refused comes first: a world is used until something succeeds. */
function rank(variant: Variant | undefined): number {
  return variant?.expected === 'refuse' ? 0 : variant?.expected === 'accept' ? 1 : 2
}
