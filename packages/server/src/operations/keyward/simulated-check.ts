import { actionInfo, type LanguageName, sameAction } from '@keyward/policy'
import { readTags, type Tags } from '../../base/tags.ts'
import { findRole } from '../../identity/assumable.ts'
import { findNamed, findPolicy } from '../../identity/named.ts'
import { readAccount, readOperator } from '../../identity/queries.ts'
import { keyArn } from '../../kms/names.ts'
import type { Check, Facts } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { aliasChecks, resolveAlias } from '../kms/alias-target.ts'
import * as keys from '../kms/key-checks.ts'
import { resolveKey } from '../kms/key-target.ts'
import { ownerOf } from '../organizations/owner.ts'
import { find } from '../organizations/record.ts'
import * as secrets from '../secrets/secret-target.ts'
import { assumeCheck } from '../sts/session-request.ts'

// The check of an action on a resource as the calls make it: with the resource's own policy, tags and condition keys as they
// are now. The scope is that of the principal who would call. What only a request says is given beside it.

/** An action on a resource, as it is asked about. */
export interface Asked {
  readonly language: LanguageName
  readonly action: string
  readonly resource: string
}

/** The checks of it: one, and for a key under the names of IAM the word of RAM on the same key. */
export async function simulatedChecks(scope: ResolveScope, asked: Asked): Promise<readonly Check[]> {
  const { language, resource } = asked
  if (language === 'iam') return iamChecks(scope, asked)
  const [, region = ''] = /^acs:kms:([^:]*):\d+:/.exec(resource) ?? []
  const rest = resource.slice(`acs:kms:${region}:`.length).replace(/^\d+:/, '')
  if (region && rest.startsWith('key/')) return [await onKey(scope, asked)]
  if (region && rest.startsWith('alias/')) return onAlias(scope, asked, rest)
  if (region && rest.startsWith('secret/')) return [await onSecret(scope, asked)]
  return [await onIdentity(scope, asked)]
}

function grantable({ language, action }: Asked): boolean {
  return actionInfo(language, action)?.crossAccount === true
}

async function onKey(scope: ResolveScope, asked: Asked): Promise<Check> {
  // Every key: a name that no key has.
  const target = await resolveKey(scope, asked.resource, 'Resource')
  return grantable(asked)
    ? keys.useCheck(asked.action, target)
    : keys.managementCheck(scope, asked.action, target)
}

/** A call that takes an alias for a key is decided on the key; one on aliases themselves, on the alias. */
async function onAlias(scope: ResolveScope, asked: Asked, name: string): Promise<readonly Check[]> {
  const about = actionInfo('ram', asked.action)?.resources ?? []
  const own = asked.resource.split(':')[3] === scope.caller.account.uid
  if (!about.some(({ type }) => type === 'alias')) return [await onKey(scope, asked)]
  if (!own) return [plain(asked, asked.resource.split(':')[3]!)]
  const [first] = aliasChecks(scope, asked.action, await resolveAlias(scope, name))
  return [first!]
}

async function onSecret(scope: ResolveScope, asked: Asked): Promise<Check> {
  const target = await secrets.resolveSecret(scope, asked.resource, 'Resource')
  return grantable(asked)
    ? secrets.useCheck(asked.action, target)
    : secrets.managementCheck(scope, asked.action, target)
}

/** What is no key and no secret: an entity of the directory with its tags, or a name alone. */
async function onIdentity(scope: ResolveScope, asked: Asked): Promise<Check> {
  const { store, caller } = scope
  const { uid } = caller.account
  // Policies name roles and the like with `*` for their region.
  const resource = asked.resource.replace(/^acs:ram::/, 'acs:ram:*:')
  const named = { ...asked, resource }
  const [, service = '', account = ''] = /^acs:([a-z-]+):[^:]*:([^:]*):/.exec(resource) ?? []
  if (service === 'keyward') {
    const { id } = await readOperator(store.read)
    return plain(named, account === uid ? uid : id)
  }
  const owner = /^\d+$/.test(account) ? account : uid
  if (/^resourcemanager:/i.test(asked.action)) return onOrganization(scope, named, owner)
  if (service !== 'ram') return plain(named, owner)
  const [, kind, name = ''] = /:(role|policy)\/([^/]+)$/.exec(resource) ?? []
  if (kind === 'role' && actionInfo('ram', asked.action)?.decided === 'assumption') {
    const role = await findRole(scope.cache, 'id', owner, name)
    return assumeCheck(scope, 'ram', asked.action, { resource, owner, role }, {})
  }
  // Only the account's own entities show their tags.
  if (owner !== uid || account === 'system') return plain(named, owner)
  if (kind === 'role') return plain(named, owner, (await findNamed(store.read, 'roles', owner, name))?.tags)
  if (kind === 'policy')
    return plain(named, owner, (await findPolicy(store.read, owner, 'ram', name, false))?.row?.tags)
  return plain(named, owner)
}

/** Whose an entity of the organization is, depends on the action too; only those whose it is see its tags. */
async function onOrganization(scope: ResolveScope, asked: Asked, named: string): Promise<Check> {
  const { language, action, resource } = asked
  const owner = (await ownerOf(scope, language, action)) ?? named
  const id = resource.slice(resource.lastIndexOf('/') + 1)
  const own = owner === scope.caller.account.uid && id !== '*'
  const found = own ? await find(scope.store.read, language, 'tagged', id) : undefined
  return plain(
    asked,
    owner,
    found && 'row' in found && found.row && 'tags' in found.row ? found.row.tags : undefined,
  )
}

async function iamChecks(scope: ResolveScope, asked: Asked): Promise<readonly Check[]> {
  const { account } = scope.caller
  const [, service = '', domain = '', type = '', name = ''] =
    /^([a-z]+):[^:]*:([^:]*):([^:]*):(.*)$/s.exec(asked.resource) ?? []
  const other = domain === '' || domain === account.domainId ? account : await domainOf(scope, domain)
  const owner = other?.uid ?? domain
  if (/^organizations:/i.test(asked.action)) return [await onOrganization(scope, asked, owner)]
  if (service === 'kms' && type === 'KeyId')
    return [plain(asked, owner), ...(await ramWord(scope, asked, owner, name))]
  if (service !== 'iam' || type === '') return [plain(asked, owner)]
  const [, path = '', last = ''] = /^(.*\/)?([^/]*)$/s.exec(name) ?? []
  if (type === 'agency' && actionInfo('iam', asked.action)?.decided === 'assumption') {
    const found = await findRole(scope.cache, 'domain_id', domain, last)
    const role = found?.path === path ? found : undefined
    return [assumeCheck(scope, 'iam', asked.action, { resource: asked.resource, owner, role }, {})]
  }
  if (owner !== account.uid) return [plain(asked, owner)]
  const { read } = scope.store
  if (type === 'user') {
    const user = await findNamed(read, 'users', owner, name)
    return [plain(asked, owner, user?.tags, user ? { 'iam:ResourceIsRootUser': 'false' } : {})]
  }
  if (type === 'agency') return [plain(asked, owner, (await findNamed(read, 'roles', owner, last))?.tags)]
  if (type === 'policy')
    return [plain(asked, owner, (await findPolicy(read, owner, 'iam', last, false))?.row?.tags)]
  return [plain(asked, owner)]
}

/** What RAM says of the same act on the same key: an explicit Deny of either language refuses (design, section 5). */
async function ramWord(
  scope: ResolveScope,
  asked: Asked,
  owner: string,
  id: string,
): Promise<readonly Check[]> {
  const action = sameAction('iam', asked.action)
  if (action === undefined) return []
  const { alibaba } = scope.regions
  const resource = id === '*' ? `acs:kms:${alibaba}:${owner}:key` : keyArn(alibaba, owner, id)
  const check =
    id === '*'
      ? plain({ language: 'ram', action, resource }, owner)
      : await onKey(scope, { language: 'ram', action, resource })
  return [{ ...check, act: 'veto' }]
}

function domainOf({ store }: ResolveScope, domain: string) {
  return readAccount(store.read, 'domain_id', domain)
}

function plain(
  { language, action, resource }: Asked,
  owner: string,
  tags?: string,
  facts: Facts = {},
): Check {
  const resourceTags: Tags | undefined = tags === undefined ? undefined : readTags(tags)
  return { language, action, resource, owner, facts, ...(resourceTags && { resourceTags }) }
}

/** The language of an action: the one that knows it, else the one whose way of naming it has. */
export function languageOf(action: string, resource: string): LanguageName {
  const known = (['ram', 'iam'] as const).filter((language) => actionInfo(language, action) !== undefined)
  if (known.length === 1) return known[0]!
  if (resource.startsWith('acs:')) return 'ram'
  return action.split(':').length > 2 ? 'iam' : 'ram'
}
