import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const USERS = 1000
/** Two a user: one in each language. */
export const POLICIES = 2 * USERS
export const LEVELS = 5

/** Writes world.json among {@link USERS} users with {@link POLICIES} policies, {@link LEVELS} folders deep; tells the file. */
export function writeBigWorld(): string {
  const world = JSON.parse(readFileSync(new URL('world.json', import.meta.url), 'utf8'))
  const [account] = world.accounts
  for (let i = 0; i < USERS; i += 1) {
    const name = `user-${i}`
    account.policies.push({ name: `ram-${i}`, language: 'ram', document: ramPolicy(i) })
    account.policies.push({ name: `iam-${i}`, language: 'iam', document: iamPolicy(i) })
    account.users.push({ name, policies: { ram: [`ram-${i}`], iam: [`iam-${i}`] } })
  }
  world.accounts.push({ name: 'management' })
  const everything = { Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  const policies = Array.from({ length: LEVELS }, (_, level) => ({
    name: `level-${level}`,
    language: 'ram',
    document: {
      Version: '1',
      Statement: [...everything.Statement, { Effect: 'Deny', Action: `ecs:Level${level}*`, Resource: '*' }],
    },
  }))
  const folder = (level: number): object => ({
    name: `folder-${level}`,
    policies: { ram: [`level-${level}`] },
    ...(level + 1 < LEVELS ? { folders: [folder(level + 1)] } : { accounts: [{ account: account.name }] }),
  })
  world.organization = { managementAccount: 'management', policies, root: { folders: [folder(0)] } }
  const file = join(mkdtempSync(join(tmpdir(), 'keyward-bench-world-')), 'world.json')
  writeFileSync(file, JSON.stringify(world))
  return file
}

function ramPolicy(i: number) {
  const Resource = `acs:kms:*:*:key/team-${i}-*`
  return {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: ['kms:Encrypt', 'kms:Describe*'], Resource }],
  }
}

function iamPolicy(i: number) {
  const Resource = [`kps:*:*:keypair:team-${i}-*`]
  return { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['kps:domainKeypairs:list'], Resource }] }
}
