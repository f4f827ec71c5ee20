import { readFileSync } from 'node:fs'
import type { Login } from '../connection.ts'
import { type HostJob, type Step, stepsOf } from '../job.ts'
import { cuttingProxy, type Refusal, refusals } from './cutting-proxy.ts'
import { byKey, getsIn, lineOf, newKey, runJob } from './jobs.ts'
import { PASSWORD, type TestMachine, type TestUser } from './machine.ts'

/*
 * Every set-up of a host that decides whether someone is locked out, as a product of dimensions. A case is a number: the
 * same number is the same case.
 */

const users = ['root', 'sudo', 'sudo with a password', 'no sudo', 'uid 0 by another name'] as const
const passwords = ['usable', 'locked', 'expired', 'none'] as const

interface Settings {
  readonly name: string
  readonly lines: readonly string[]
  readonly dropIns?: Readonly<Record<string, string>>
}
const settings: readonly Settings[] = [
  { name: 'as usual', lines: [] },
  { name: 'root may', lines: ['PermitRootLogin yes'] },
  { name: 'root may not', lines: ['PermitRootLogin no'] },
  { name: 'no passwords', lines: ['PermitRootLogin yes', 'PasswordAuthentication no'] },
  {
    name: 'no passwords, no questions',
    lines: ['PermitRootLogin yes', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no'],
  },
  { name: 'PAM', lines: ['PermitRootLogin yes', 'UsePAM yes'] },
  { name: 'PAM asks', lines: ['PermitRootLogin yes', 'UsePAM yes', 'PasswordAuthentication no'] },
  {
    name: 'a password is half of it',
    lines: ['PermitRootLogin yes', 'AuthenticationMethods publickey password,publickey'],
  },
  {
    name: 'a key is half of it',
    lines: ['PermitRootLogin yes', 'AuthenticationMethods password publickey,password'],
  },
  {
    name: 'Match user',
    lines: [
      'PermitRootLogin yes',
      'Match User USER',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
    ],
  },
  {
    name: 'Match port',
    lines: ['Match LocalPort PORT', 'PermitRootLogin yes', 'PasswordAuthentication yes'],
  },
  {
    name: 'Match user, root',
    lines: ['PermitRootLogin yes', 'Match User root,toor', 'PermitRootLogin without-password'],
  },
  { name: 'drop-in', lines: ['PermitRootLogin yes'], dropIns: { 'x.conf': 'PasswordAuthentication no\n' } },
  {
    name: 'drop-in with Match',
    lines: ['PermitRootLogin yes'],
    dropIns: { 'x.conf': 'Match LocalPort PORT User USER\n  PasswordAuthentication no\nMatch all\n' },
  },
  { name: 'one try', lines: ['PermitRootLogin yes', 'MaxAuthTries 1'] },
]
const works = ['bind', 'bind again', 'replace', 'rotate', 'unbind', 'unbind by password'] as const
const ends = [false, true] as const

type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'cut' | 'gone'; readonly at: number }
  | { readonly kind: Refusal; readonly at: number; readonly heals: boolean }
const STEPS = 7
const faults: readonly Fault[] = [
  { kind: 'none' },
  ...Array.from({ length: STEPS }, (_, at) => at).flatMap((at): Fault[] => [
    { kind: 'cut', at },
    { kind: 'gone', at },
    ...refusals.flatMap((kind) => [true, false].map((heals): Fault => ({ kind, at, heals }))),
  ]),
]

export interface MatrixCase {
  readonly user: (typeof users)[number]
  readonly password: (typeof passwords)[number]
  readonly settings: Settings
  readonly work: (typeof works)[number]
  /** Whether password login is to be switched off. */
  readonly off: boolean
  readonly fault: Fault
}

const dimensions = [users, passwords, settings, works, ends, faults] as const
/** All cases, and those without a fault, which come first. */
export const CASES = dimensions.reduce((product, { length }) => product * length, 1)
export const FAULTLESS = CASES / faults.length

export function matrixCase(number: number): MatrixCase {
  let rest = number
  const take = <T>(values: readonly T[]): T => {
    const value = values[rest % values.length] as T
    rest = Math.floor(rest / values.length)
    return value
  }
  return {
    user: take(users),
    password: take(passwords),
    settings: take(settings),
    work: take(works),
    off: take(ends),
    fault: take(faults),
  }
}

export function nameOf({ user, password, settings: set, work, off, fault }: MatrixCase): string {
  const trouble =
    fault.kind === 'none'
      ? ''
      : `, ${fault.kind} at ${fault.at}${'heals' in fault && fault.heals ? ' for a while' : ''}`
  return `${work}${off ? ' without passwords' : ''}: ${user}, password ${password}, ${set.name}${trouble}`
}

function userOf({ user, password }: MatrixCase): TestUser {
  if (user === 'root') return { name: 'root', uid: 0, password }
  if (user === 'uid 0 by another name') return { name: 'toor', uid: 0, password }
  const sudo = user === 'sudo' ? 'free' : user === 'no sudo' ? 'none' : 'password'
  return { name: 'alice', uid: 4001, password, sudo }
}

/** What a case came to; `broken` says which promise did not hold. */
export interface MatrixResult {
  readonly end: string
  readonly broken?: string
}

export async function runMatrixCase(machine: TestMachine, one: MatrixCase): Promise<MatrixResult> {
  const user = userOf(one)
  machine.setUsers([user])
  const fill = (text: string) => text.replaceAll('USER', user.name)
  const { lines, dropIns = {} } = one.settings
  await machine.configure(
    lines.map(fill),
    Object.fromEntries(Object.entries(dropIns).map(([name, text]) => [name, fill(text)])),
  )
  const host = machine.as(user.name)
  const [old, key] = [await newKey(), await newKey()]
  const fresh = one.work === 'bind'
  host.setKeys(fresh ? '# empty\n' : `# ours\n${lineOf(old)}\n`)
  const password: Login = { kind: 'password', password: PASSWORD }
  const unbinds = one.work.startsWith('unbind')
  const job: Omit<HostJob, 'id'> = {
    ...(unbinds ? {} : { add: lineOf(one.work === 'bind again' ? old : key) }),
    ...(fresh ? {} : { remove: lineOf(old) }),
    passwords: unbinds ? 'on' : one.off ? 'off' : 'keep',
  }
  const login = one.work === 'bind' || one.work === 'unbind by password' ? password : byKey(old)
  const ways = async () => ({
    password: await getsIn(host, password),
    old: await getsIn(host, byKey(old)),
    key: await getsIn(host, byKey(key)),
  })
  const before = { ways: await ways(), keys: host.keys(), config: readFileSync(host.config, 'utf8') }
  const proxy = await cuttingProxy({
    ...host.address,
    connectTimeout: one.fault.kind === 'silent' ? 400 : 15_000,
  })
  const steps = stepsOf({ id: '0', ...job })
  const { fault } = one
  const save = async (entry: { readonly step: Step; readonly event: string }) => {
    if (fault.kind === 'none' || entry.event !== 'started' || entry.step !== steps[fault.at]) return
    if (fault.kind === 'cut') proxy.cutAll()
    else if (fault.kind === 'gone') proxy.cutAfter(300, true)
    else if ('heals' in fault) {
      proxy.refuseNew(fault.kind)
      if (fault.heals) setTimeout(() => proxy.refuseNew(undefined), 150).unref()
    }
  }
  try {
    const { outcome } = await runJob(host, login, job, {
      host: proxy.address,
      retryPause: 15,
      save,
      ...(one.work === 'rotate' ? { newKey: key } : {}),
    })
    const after = await ways()
    const end = outcome.ok ? 'done' : outcome.left.length > 0 ? 'left in doubt' : outcome.code
    const broken = promiseBroken()
    return {
      end,
      ...(broken ? { broken: `${broken} (${JSON.stringify({ outcome, before: before.ways, after })})` } : {}),
    }

    function promiseBroken(): string | undefined {
      const could = before.ways.password || before.ways.old
      if (could && !after.password && !after.old && !after.key) return 'nobody gets in any more'
      if (outcome.ok) {
        if (unbinds) return after.old ? 'the key still lets in' : undefined
        const added = one.work === 'bind again' ? after.old : after.key
        if (!added) return 'the bound key does not let in'
        if (!fresh && one.work !== 'bind again' && after.old) return 'the replaced key still lets in'
        return one.off && after.password ? 'passwords still let in' : undefined
      }
      if (outcome.left.length > 0) return undefined
      if (host.keys() !== before.keys) return 'authorized_keys changed'
      if (readFileSync(host.config, 'utf8') !== before.config) return 'sshd_config changed'
      return JSON.stringify(after) === JSON.stringify(before.ways) ? undefined : 'other ways in than before'
    }
  } finally {
    await proxy.close()
  }
}
