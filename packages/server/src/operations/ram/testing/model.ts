/**
 * A directory of one account, as plainly as it can be written: what each call answers and what each user may do. Every
 * policy is one document that allows one action. It shares nothing with the service.
 */
export interface Model {
  /** `ok`, or the problem in words. */
  run(step: readonly [call: string, input: Record<string, unknown>]): string
  /** What `run` would say, with nothing done. */
  peek(step: readonly [call: string, input: Record<string, unknown>]): string
  decisions(actions: readonly string[]): Record<string, string[]>
}

interface Policy {
  versions: Map<number, string>
  current: number
  latest: number
}

/** `calm`: as IAM has it. Adding twice is no mistake, a group is asked for first, and a user leaves its groups when it goes. */
export function createModel({ calm = false }: { readonly calm?: boolean } = {}): Model {
  let users = new Map<string, 'api' | 'file'>()
  let groups = new Set<string>()
  let policies = new Map<string, Policy>()
  /** `user/group` */
  let members = new Set<string>()
  /** `policy/user/NAME`, `policy/group/NAME` */
  let attached = new Set<string>()
  const versionOf = (id: unknown) => Number(String(id).slice(1))
  const ends = (set: ReadonlySet<string>, end: string) => [...set].some((one) => one.endsWith(end))
  const starts = (set: ReadonlySet<string>, start: string) => [...set].some((one) => one.startsWith(start))
  const no = (entity: string) => `IdentityNotFound ${entity}`
  const twin = (entity: string) => `IdentityExists ${entity}`
  const held = (entity: string, by: string) => `IdentityInUse ${entity} ${by}`

  const calls: Record<string, (input: Record<string, string>) => string> = {
    CreateUser: ({ UserName = '' }) => {
      if (users.has(UserName)) return twin('user')
      users.set(UserName, 'api')
      return 'ok'
    },
    DeleteUser: ({ UserName = '' }) => {
      if (!users.has(UserName)) return no('user')
      if (!calm && starts(members, `${UserName}/`)) return held('user', 'group')
      if (ends(attached, `/user/${UserName}`)) return held('user', 'policy')
      members = new Set([...members].filter((one) => !one.startsWith(`${UserName}/`)))
      users.delete(UserName)
      return 'ok'
    },
    UpdateUser: ({ UserName = '', NewUserName = '' }) => {
      const by = users.get(UserName)
      if (by === undefined) return no('user')
      if (UserName === NewUserName) return 'ok'
      if (users.has(NewUserName)) return twin('user')
      users.delete(UserName)
      users.set(NewUserName, by)
      members = new Set([...members].map((one) => one.replace(`${UserName}/`, `${NewUserName}/`)))
      attached = new Set(
        [...attached].map((one) =>
          one.endsWith(`/user/${UserName}`) ? one.replace(`/user/${UserName}`, `/user/${NewUserName}`) : one,
        ),
      )
      return 'ok'
    },
    CreateGroup: ({ GroupName = '' }) => {
      if (groups.has(GroupName)) return twin('group')
      groups.add(GroupName)
      return 'ok'
    },
    DeleteGroup: ({ GroupName = '' }) => {
      if (!groups.has(GroupName)) return no('group')
      if (ends(members, `/${GroupName}`)) return held('group', 'user')
      if (ends(attached, `/group/${GroupName}`)) return held('group', 'policy')
      groups.delete(GroupName)
      return 'ok'
    },
    AddUserToGroup: ({ UserName = '', GroupName = '' }) => {
      if (calm && !groups.has(GroupName)) return no('group')
      if (!users.has(UserName)) return no('user')
      if (!groups.has(GroupName)) return no('group')
      if (members.has(`${UserName}/${GroupName}`)) return calm ? 'ok' : twin('user-group')
      members.add(`${UserName}/${GroupName}`)
      return 'ok'
    },
    RemoveUserFromGroup: ({ UserName = '', GroupName = '' }) => {
      if (calm && !groups.has(GroupName)) return no('group')
      if (!users.has(UserName)) return no('user')
      if (!groups.has(GroupName)) return no('group')
      return members.delete(`${UserName}/${GroupName}`) ? 'ok' : no('user-group')
    },
    CreatePolicy: ({ PolicyName = '', PolicyDocument = '' }) => {
      if (policies.has(PolicyName)) return twin('policy')
      policies.set(PolicyName, { versions: new Map([[1, PolicyDocument]]), current: 1, latest: 1 })
      return 'ok'
    },
    DeletePolicy: ({ PolicyName = '', CascadingDelete }) => {
      const policy = policies.get(PolicyName)
      if (!policy) return no('policy')
      for (const kind of ['user', 'group'])
        if (starts(attached, `${PolicyName}/${kind}/`)) return held('policy', kind)
      if (policy.versions.size > 1 && !CascadingDelete) return held('policy', 'version')
      policies.delete(PolicyName)
      return 'ok'
    },
    CreatePolicyVersion: ({ PolicyName = '', PolicyDocument = '', SetAsDefault, RotateStrategy }) => {
      const policy = policies.get(PolicyName)
      if (!policy) return no('policy')
      if (policy.versions.size === 5) {
        if (RotateStrategy === 'None') return 'IdentityQuota policy-version'
        policy.versions.delete(Math.min(...[...policy.versions.keys()].filter((n) => n !== policy.current)))
      }
      policy.latest += 1
      policy.versions.set(policy.latest, PolicyDocument)
      if (SetAsDefault) policy.current = policy.latest
      return 'ok'
    },
    SetDefaultPolicyVersion: ({ PolicyName = '', VersionId }) => {
      const policy = policies.get(PolicyName)
      if (!policy) return no('policy')
      if (!policy.versions.has(versionOf(VersionId))) return no('policy-version')
      policy.current = versionOf(VersionId)
      return 'ok'
    },
    DeletePolicyVersion: ({ PolicyName = '', VersionId }) => {
      const policy = policies.get(PolicyName)
      if (!policy) return no('policy')
      if (!policy.versions.has(versionOf(VersionId))) return no('policy-version')
      if (policy.current === versionOf(VersionId)) return held('policy-version', 'default-version')
      policy.versions.delete(versionOf(VersionId))
      return 'ok'
    },
    ...links('User', 'user', (name) => users.has(name)),
    ...links('Group', 'group', (name) => groups.has(name)),
  }

  function links(Kind: string, kind: string, has: (name: string) => boolean): typeof calls {
    const checked = (input: Record<string, string>, then: (key: string) => string) => {
      const name = input[`${Kind}Name`] ?? ''
      if (!has(name)) return no(kind)
      if (!policies.has(input.PolicyName ?? '')) return no('policy')
      return then(`${input.PolicyName}/${kind}/${name}`)
    }
    return {
      [`AttachPolicyTo${Kind}`]: (input) =>
        checked(input, (key) => {
          if (attached.has(key)) return calm ? 'ok' : twin(`${kind}-policy`)
          attached.add(key)
          return 'ok'
        }),
      [`DetachPolicyFrom${Kind}`]: (input) =>
        checked(input, (key) => (attached.delete(key) ? 'ok' : no(`${kind}-policy`))),
    }
  }

  /** Only users that a file declared once, that this one does not name and that nothing a call made hangs on, go. */
  function apply({ users: named, prune }: { users: string[]; prune: boolean }): string {
    const free = (user: string) => !starts(members, `${user}/`) && !ends(attached, `/user/${user}`)
    users = new Map(
      [...users].filter(([user, by]) => named.includes(user) || !prune || by === 'api' || !free(user)),
    )
    for (const user of named) users.set(user, 'file')
    return 'ok'
  }

  const run: Model['run'] = ([call, input]) =>
    call === 'apply'
      ? apply(input as { users: string[]; prune: boolean })
      : calls[call]!(input as Record<string, string>)

  return {
    run,
    peek(step) {
      const kept = structuredClone({ users, groups, policies, members, attached })
      try {
        return run(step)
      } finally {
        ;({ users, groups, policies, members, attached } = kept)
      }
    },
    decisions(actions) {
      const allowed = (user: string, action: string) =>
        [...attached].some((one) => {
          const [policy = '', kind, name] = one.split('/')
          const hits = kind === 'user' ? name === user : members.has(`${user}/${name}`)
          const { versions, current } = policies.get(policy)!
          return hits && versions.get(current)!.includes(`"${action}"`)
        })
      return Object.fromEntries(
        [...users.keys()].map((user) => [user, actions.filter((action) => allowed(user, action))]),
      )
    },
  }
}
