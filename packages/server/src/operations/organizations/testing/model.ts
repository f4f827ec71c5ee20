/**
 * An organization, as plainly as it can be written: what each call answers, and what each member may do. A policy denies one
 * action, or allows all but it. It shares nothing with the service.
 */
export interface OrganizationModel {
  /** `ok`, or the problem in words. */
  run(step: readonly [call: string, input: Readonly<Record<string, string>>]): string
  decisions(members: readonly string[], actions: readonly string[]): Record<string, string[]>
}

const FULL = 'FULL'

export function createOrganizationModel(members: readonly string[]): OrganizationModel {
  /** Parents by the labels of folders; the root has none. */
  const parents = new Map<string, string>([['root', '']])
  const places = new Map(members.map((member) => [member, 'root']))
  /** The action that a policy denies, or `!ACTION` for one that allows all others. */
  const policies = new Map<string, string>()
  const attached = new Map<string, Set<string>>(['root', ...members].map((one) => [one, new Set()]))
  let enabled = false
  const no = (entity: string) => `IdentityNotFound ${entity}`
  const depthOf = (folder: string): number => (folder === 'root' ? 0 : 1 + depthOf(parents.get(folder)!))
  const on = (target: string) => attached.get(target)!

  const calls: Record<string, (input: Readonly<Record<string, string>>) => string> = {
    CreateFolder({ folder = '', parent = '' }) {
      const below = parents.get(folder) ?? parent
      if (!parents.has(below)) return no('folder')
      if (parents.has(folder)) return 'IdentityExists folder'
      if (depthOf(below) === 5) return 'IdentityQuota folder-level'
      parents.set(folder, below)
      attached.set(folder, new Set(enabled ? [FULL] : []))
      return 'ok'
    },
    DeleteFolder({ folder = '' }) {
      if (!parents.has(folder)) return no('folder')
      if ([...parents.values()].includes(folder)) return 'IdentityInUse folder folder'
      if ([...places.values()].includes(folder)) return 'IdentityInUse folder account'
      parents.delete(folder)
      attached.delete(folder)
      return 'ok'
    },
    MoveAccount({ member = '', folder = '' }) {
      if (!parents.has(folder)) return no('folder')
      places.set(member, folder)
      return 'ok'
    },
    CreateControlPolicy({ policy = '', says = '' }) {
      if (policies.has(policy)) return 'IdentityExists organization-policy'
      policies.set(policy, says)
      return 'ok'
    },
    UpdateControlPolicy({ policy = '', says = '' }) {
      if (!policies.has(policy)) return no('organization-policy')
      policies.set(policy, says)
      return 'ok'
    },
    DeleteControlPolicy({ policy = '' }) {
      if (!policies.has(policy)) return no('organization-policy')
      if ([...attached.values()].some((set) => set.has(policy)))
        return 'IdentityInUse organization-policy target'
      policies.delete(policy)
      return 'ok'
    },
    AttachControlPolicy({ policy = '', target = '' }) {
      if (policy !== FULL && !policies.has(policy)) return no('organization-policy')
      if (!attached.has(target)) return no('target')
      if (!enabled) return 'OrganizationRejects type-disabled'
      on(target).add(policy)
      return 'ok'
    },
    DetachControlPolicy({ policy = '', target = '' }) {
      if (policy !== FULL && !policies.has(policy)) return no('organization-policy')
      if (!attached.has(target)) return no('target')
      if (!on(target).has(policy)) return no('target-policy')
      if (on(target).size === 1) return 'IdentityInUse target-policy target'
      on(target).delete(policy)
      return 'ok'
    },
    EnableControlPolicy() {
      if (!enabled) for (const set of attached.values()) set.add(FULL)
      enabled = true
      return 'ok'
    },
    DisableControlPolicy() {
      enabled = false
      for (const set of attached.values()) set.clear()
      return 'ok'
    },
  }

  function levelAllows(target: string, action: string): boolean {
    const says = [...on(target)].map((policy) => (policy === FULL ? FULL : policies.get(policy)!))
    if (says.includes(action)) return false
    return says.some((one) => one === FULL || (one.startsWith('!') && one !== `!${action}`))
  }

  function allowed(member: string, action: string): boolean {
    if (!enabled) return true
    const levels = [member]
    for (let at = places.get(member)!; at !== ''; at = parents.get(at)!) levels.push(at)
    return levels.every((level) => levelAllows(level, action))
  }

  return {
    run: ([call, input]) => calls[call]!(input),
    decisions: (names, actions) =>
      Object.fromEntries(names.map((name) => [name, actions.filter((action) => allowed(name, action))])),
  }
}
