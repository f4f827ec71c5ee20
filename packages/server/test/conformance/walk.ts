import { type ExampleWorld, exampleInput } from '../../src/operations/testing/example-world.ts'
import type { ExampleWorlds } from '../example-worlds.ts'
import type { TestService } from '../service.ts'
import { type Actors, makeActors } from './actors.ts'
import { codesOf } from './codes.ts'
import { furnish } from './furnish.ts'
import { type Ghosts, ghostsOf } from './ghosts.ts'
import { type Difference, judgeMembers, pathsOf } from './judge.ts'
import type { Subject } from './plan.ts'
import { type Answered, formsOf, send } from './send.ts'
import { openStored } from './stored.ts'
import { type Variant, variantsOf } from './variants.ts'

/** What was found out about one call. */
export interface Finding {
  readonly name: string
  /** Sets of parameters. */
  readonly variants: number
  /** Sets of parameters, each in a form and as a caller. */
  readonly sent: number
  readonly differences: ReadonlySet<Difference>
}

export interface WalkOptions {
  /** Which of the variants to send; all when absent. */
  readonly choose?: (name: string, variants: readonly Variant[]) => readonly Variant[]
  /** How many of its forms a variant is sent in at most; all when absent. */
  readonly forms?: number
}

const ended = ({ status }: Answered) => status >= 200 && status < 300
const denies = ({ status, code }: Answered) =>
  (status === 403 &&
    /NoPermission|AccessDenied|PAP5\.0001|STS5\.9001|KPS\.4030|Organizations\.1007/.test(code)) ||
  (status === 401 && /Organizations\.100[12]/.test(code))
/** A call that tells item by item what it did. */
const hasRefused = ({ body }: Answered) =>
  Array.isArray(body.failed_keypairs) && body.failed_keypairs.length > 0
const isDry = ({ parameters }: Variant) => /^true$/i.test(String(parameters.DryRun))

/** Sends the variants of one call after the other, and holds every answer against the model. */
export async function makeWalk(service: TestService, worlds: ExampleWorlds, options: WalkOptions = {}) {
  let actors = await makeActors(service)
  const stored = openStored(service.data)
  let turn = 0

  async function walk(subject: Subject): Promise<Finding> {
    const { binding, call, apart, query } = subject
    const { operation } = binding
    const differences = new Set<Difference>()
    const seen = new Set<string>()
    const sent = new Set<string>()
    const codes = codesOf(subject)
    const forms = formsOf(binding)
    const most = Math.min(options.forms ?? forms.length, forms.length)
    const takesDryRun = binding.wire === 'alibaba' && binding.dryRun === true

    let ghosts: Ghosts
    /** The same variants, naming what is not there. */
    let ghostly: readonly Variant[] = []
    const newWorld = async () => {
      if (/Handshake|Invite|Leave/.test(operation.name)) await endInvitations()
      const world = await furnish(service, operation.name, await worlds.fresh(operation.name))
      // The world of an organization takes everything away that files declared before.
      if (
        world.organization.rootId !== 'r-0000000000' ||
        /^(resourcemanager|organizations):/.test(operation.name)
      )
        actors = await makeActors(service)
      ghosts = ghostsOf(world)
      const make = (of: ExampleWorld) =>
        variantsOf(call, exampleInput(operation, of), { typed: binding.wire === 'huawei', apart, query })
      ghostly = make(ghosts.world)
      return make(world)
    }

    const ask = async (who: keyof Actors, variant: Variant, at: number): Promise<Answered> => {
      const form = forms[at % forms.length]!
      sent.add(`${variant.name} ${isDry(variant)} ${form.name} ${who}`)
      const ask = () => send(service.url, actors[who], binding, call, variant, form)
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
        const body = call.answer.RequestId ? answer.body : rest
        for (const one of judgeMembers(call.answer, body, seen, answer.xml)) differences.add(one)
        if (variant.expected === 'refuse' && !hasRefused(answer)) differences.add(`accepts: ${variant.name}`)
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

    /** As a user without a policy: what works is denied, what does not is answered as to everyone, to the letter. */
    const compare = (variant: Variant, denied: Answered, allowed: Answered) => {
      if (operation.authorization === 'none' || denies(denied)) return
      const alike =
        denied.status === allowed.status &&
        denied.code === allowed.code &&
        ghosts.anonymous(denied.body) === ghosts.anonymous(allowed.body)
      if (ended(allowed) || !alike)
        differences.add(`a refused user is told ${denied.code} ${denied.status}: ${variant.name}`)
    }

    /** Whether a thing is there, or was made or taken away meanwhile, makes no difference to who may not look. */
    const askOfGhost = async (variant: Variant, at: number, denied: Answered) => {
      if (operation.authorization === 'none') return
      const ghost = await ask('refused', ghostly.find(({ name }) => name === variant.name) ?? variant, at)
      const same =
        ghost.status === denied.status && ghosts.anonymous(ghost.body) === ghosts.anonymous(denied.body)
      if (!same) differences.add(`a refused user learns what is there: ${variant.name}`)
    }

    const choose = (variants: readonly Variant[]) => options.choose?.(subject.name, variants) ?? variants
    let before = ''
    let variants = await newWorld()
    const names = new Set(choose(variants).map(({ name }) => name))
    const find = (name: string) => {
      const found = variants.find((one) => one.name === name)
      if (!found) throw new Error(`${subject.name}: the variant ${name} is not always there`)
      return found
    }
    const order = [...names].sort((a, b) => rank(find(a)) - rank(find(b)))
    before = stored.read()
    let dirty = false
    const cleanWorld = async () => {
      if (!dirty) return
      variants = await newWorld()
      before = stored.read()
      dirty = false
    }
    let sinceRefused: string[] = []
    /** What was refused until here may have changed nothing. */
    const settle = async () => {
      const held = () => stored.read() === before
      if (operation.effect === 'write' && sinceRefused.length > 0 && !held()) {
        // What the clock asked for may have been done meanwhile. That ends; what a refusal changes, it changes each time.
        let again = 3
        do {
          before = stored.read()
          for (const one of sinceRefused) await ask('allowed', find(one), 0)
        } while (!held() && --again > 0)
        if (again === 0) differences.add(`a refusal changed something: ${sinceRefused.join('; ')}`)
      }
      sinceRefused = []
    }
    for (const name of order) {
      await cleanWorld()
      const variant = find(name)
      turn += 1
      const denied = await ask('refused', variant, turn)
      await askOfGhost(variant, turn, denied)
      const dry: Variant = {
        ...variant,
        expected: 'either',
        parameters: { ...variant.parameters, DryRun: true },
      }
      const ran = takesDryRun ? await ask('allowed', dry, turn) : undefined
      if (takesDryRun && denies(denied) && (await ask('refused', dry, turn)).code !== 'AccessDeniedError')
        differences.add(`a dry run is not denied: ${name}`)
      if (operation.effect === 'write' && variant.expected !== 'refuse') await settle()
      const who = variant.expected === 'accept' || name.startsWith('with ') ? 0 : turn % PRIMARY.length
      const allowed = await ask(PRIMARY[who]!, variant, turn)
      compare(variant, denied, allowed)
      // What only the work itself finds, a dry run does not.
      if (ran && ended(allowed) && ran.code !== 'DryRunOperationError')
        differences.add(`a dry run is answered ${ran.code}: ${name}`)
      if (ended(allowed) && operation.effect === 'write') {
        dirty = true
        const after = await ask('refused', variant, turn)
        if (
          operation.authorization !== 'none' &&
          ghosts!.anonymous(after.body) !== ghosts!.anonymous(denied.body)
        )
          differences.add(`a refused user learns what was done: ${name}`)
        if (variant.expected !== 'accept') continue
        // The example works in every form, or in none: what has a name of its own cannot be made again.
        for (let i = 1; i < most; i++) {
          await cleanWorld()
          const same: Variant = { ...find(name), expected: 'either' }
          const other = await ask('allowed', same, turn + i)
          dirty = ended(other) || dirty
          if (!ended(other) && (await ask('allowed', same, turn)).code !== other.code)
            differences.add(
              `refuses with ${other.code} as ${forms[(turn + i) % forms.length]!.name}: ${name}`,
            )
        }
        continue
      }
      sinceRefused.push(name)
      if (variant.expected === 'refuse')
        for (let i = 1; i < most; i++) await ask(PRIMARY[i % PRIMARY.length]!, variant, turn + i)
      if (operation.effect === 'read' && variant.expected === 'accept')
        for (let i = 1; i < most; i++) for (const one of PRIMARY) await ask(one, variant, turn + i)
    }
    await settle()
    const parameters = operation.input as { properties?: object; additionalProperties?: unknown }
    const taken = Object.keys(parameters.properties ?? {})
    if (operation.refuses === undefined) {
      for (const name of Object.keys(call.parameters))
        if (!taken.includes(name) && !(takesDryRun && name === 'DryRun'))
          differences.add(`parameter ${name}: not taken`)
      const ours = taken.filter((name) => !Object.hasOwn(call.parameters, name) && name !== 'project_id')
      if (ours.length > 10) differences.add('parameters of other calls: taken')
      else for (const name of ours) differences.add(`parameter ${name}: not in the model`)
      // Of what is not there at all the members are not told one by one.
      const missing = pathsOf(call.answer).filter((path) => !seen.has(path) && path !== 'RequestId')
      for (const path of missing)
        if (!missing.includes(path.replace(/\.\w+$/, '')) || !path.includes('.'))
          differences.add(`answer ${path}: not answered`)
    }
    return { name: subject.name, variants: names.size, sent: sent.size, differences }
  }

  /** An account has few groups: those that were made go. */
  async function tidy(): Promise<void> {
    const { body } = await service.call(service.root, 'ram:ListGroups', { MaxItems: 100 })
    const { Group } = body.Groups as { Group: readonly { GroupName: string }[] }
    for (const { GroupName } of Group)
      if (!/^(ex|tied)-/.test(GroupName)) await service.call(service.root, 'ram:DeleteGroup', { GroupName })
  }

  /** A directory has few invitations that wait: those of the variants before end. */
  async function endInvitations(): Promise<void> {
    const list = 'resourcemanager:ListHandshakesForResourceDirectory'
    const { body, status } = await service.call(service.root, list, { PageSize: 100 })
    if (status >= 300) return
    const { Handshake } = body.Handshakes as {
      Handshake: readonly Record<'HandshakeId' | 'Status', string>[]
    }
    for (const { HandshakeId, Status } of Handshake)
      if (Status === 'Pending')
        await service.call(service.root, 'resourcemanager:CancelHandshake', { HandshakeId })
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
