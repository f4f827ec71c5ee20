import { type LanguageName, parseNetwork, systemPolicy } from '@keyward/policy'
import { QUOTAS } from '../limits.ts'
import { FULL_ACCESS } from '../organization-types.ts'
import { asList, type DeclaredEntity, tagField } from './account.ts'
import { checkPolicyName, readDocument } from './documents.ts'
import { type Entity, entityKey, entityTitle, NO_ACCOUNT } from './entities.ts'
import { firstOn, type Reader } from './reader.ts'
import type { FolderFile, LimitsFile, NetworkFile, OrganizationFile } from './schema.ts'
import type { Path } from './source.ts'

const POLICY_TYPE = { iam: 'scp', ram: 'control' } as const
const LANGUAGES = ['iam', 'ram'] as const

/** Reads the organization of a file, already of the right shape. Accounts stand there as the file names them. */
export function readOrganization(reader: Reader, file: OrganizationFile): DeclaredEntity[] {
  const entities: DeclaredEntity[] = []
  const top: Path = ['organization']
  const add = adder(reader, entities)
  add('organization', [], top, {
    management: file.managementAccount,
    iamOn: said(file.policyTypes?.iam),
    ramOn: said(file.policyTypes?.ram),
    trustedServices: asList(file.trustedServices),
  })
  for (const [i, policy] of (file.policies ?? []).entries()) {
    const at = [...top, 'policies', i]
    checkPolicyName(reader, policy.language, policy.name, [...at, 'name'])
    add('organization-policy', [policy.language, policy.name], at, {
      description: policy.description,
      document: readDocument(reader, policy, at, POLICY_TYPE[policy.language]),
      tags: tagField(reader, policy.tags, at),
    })
  }
  const known = new Set(entities.map(({ kind, name }) => entityKey({ kind, name, account: NO_ACCOUNT })))
  const limits = (given: LimitsFile | undefined, at: Path) =>
    Object.fromEntries(
      LANGUAGES.map((language) => [
        language,
        readLimits(reader, language, given?.[language], [...at, 'policies', language], {
          known,
          off: file.policyTypes?.[language] === false,
        }),
      ]),
    )
  const delegates = new Map<string, number>()
  const walk = (folder: FolderFile, name: readonly string[], at: Path): void => {
    const tags = tagField(reader, folder.tags, at)
    add('folder', [...name], at, { ...limits(folder.policies, at), tags })
    for (const [i, { account, policies, description, ...member }] of (folder.accounts ?? []).entries()) {
      const here = [...at, 'accounts', i]
      const delegatedServices = asList(member.delegatedServices)
      for (const service of new Set(member.delegatedServices)) {
        const count = (delegates.get(service) ?? 0) + 1
        delegates.set(service, count)
        if (count > QUOTAS.delegatedPerService)
          reader.mistake(
            [...here, 'delegatedServices'],
            `a service has at most ${QUOTAS.delegatedPerService} delegated administrators`,
          )
      }
      if (delegatedServices !== undefined && delegatedServices !== '[]' && account === file.managementAccount)
        reader.mistake([...here, 'delegatedServices'], 'the management account is no delegated administrator')
      add('placement', [account], here, {
        folder: name.join('/'),
        description,
        ...limits(policies, here),
        tags: tagField(reader, member.tags, here),
        delegatedServices,
      })
    }
    for (const [i, inner] of (folder.folders ?? []).entries()) {
      walk(inner, [...name, inner.name ?? ''], [...at, 'folders', i])
    }
  }
  if (file.root) walk(file.root, [], [...top, 'root'])
  findTwins(reader, entities)
  countEntities(reader, entities)
  return entities
}

/** Reads the network map of a file. */
export function readNetworks(reader: Reader, networks: readonly NetworkFile[]): DeclaredEntity[] {
  const entities: DeclaredEntity[] = []
  const add = adder(reader, entities)
  for (const [i, { cidr, vpc, endpoint }] of networks.entries()) {
    const at = ['networks', i]
    if (parseNetwork(cidr) === undefined) reader.mistake([...at, 'cidr'], `\`${cidr}\` is no network`)
    else add('network', cidr.split('/'), at, { vpc, endpoint: endpoint ?? '' })
  }
  findTwins(reader, entities)
  return entities
}

function said(flag: boolean | undefined): string | undefined {
  return flag === undefined ? undefined : String(flag)
}

function adder(reader: Reader, entities: DeclaredEntity[]) {
  return (
    kind: Entity['kind'],
    name: string[],
    path: Path,
    fields: Record<string, string | undefined> = {},
  ) => {
    const written = Object.entries(fields).filter(([, value]) => value !== undefined)
    entities.push({
      kind,
      name,
      path,
      at: reader.location(path),
      fields: Object.fromEntries(written) as Entity['fields'],
    })
  }
}

/** The names of one list as one field: JSON text, in order. */
function readLimits(
  reader: Reader,
  language: LanguageName,
  names: readonly string[] | undefined,
  at: Path,
  { known, off }: { readonly known: ReadonlySet<string>; readonly off: boolean },
): string | undefined {
  if (names === undefined) return undefined
  if (off)
    reader.mistake(
      at,
      'policies are attached here of a kind that `policyTypes` switches off: attach none, or switch it on',
    )
  if (names.length === 0)
    reader.mistake(
      at,
      'no policy is attached here: at least one has to be, such as the one that allows everything',
    )
  for (const [i, name] of names.entries()) {
    const builtIn = systemPolicy(language, name)?.type === POLICY_TYPE[language]
    const declared = known.has(
      entityKey({ kind: 'organization-policy', name: [language, name], account: NO_ACCOUNT }),
    )
    if (!builtIn && !declared) {
      const title = entityTitle({ kind: 'organization-policy', name: [language, name], account: '' }, '')
      reader.mistake([...at, i], `there is no ${title} in the organization of the file`)
    }
    if (names.indexOf(name) < i) reader.mistake([...at, i], `\`${name}\` is attached twice`)
  }
  const most = QUOTAS.onEntity[language]
  const counted = language === 'ram' ? names.filter((name) => name !== FULL_ACCESS.ram) : names
  if (counted.length > most) reader.mistake(at, `at most ${most} policies are attached to one entity`)
  return JSON.stringify([...names].sort())
}

function findTwins(reader: Reader, entities: readonly DeclaredEntity[]): void {
  const known = new Map<string, Path>()
  for (const entity of entities) {
    const key = entityKey({ ...entity, account: NO_ACCOUNT })
    const twin = known.get(key)
    if (twin) {
      const title = entityTitle({ ...entity, account: '' }, '')
      reader.mistake(entity.path, `${title} is declared twice: ${firstOn(reader, twin)}`)
    }
    known.set(key, twin ?? entity.path)
  }
}

function countEntities(reader: Reader, entities: readonly DeclaredEntity[]): void {
  for (const [kind, most] of [
    ['folder', QUOTAS.folders],
    ['organization-policy', QUOTAS.organizationPolicies],
  ] as const) {
    const beyond = entities.filter((entity) => entity.kind === kind)[most]
    if (beyond) reader.mistake(beyond.path, `an organization has at most ${most} of these`)
  }
}
