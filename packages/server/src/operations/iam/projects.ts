import { Type } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'
import { Input, text } from './fields.ts'

// What clients ask before their first call: the ids of the caller's own project and account, which nothing can do without.
// They tell a caller nothing about anyone else, and need no permission.

const Links = Type.Object({ self: text })
const optional = Type.Optional(Type.String({ maxLength: 128 }))
const paging = { page: Type.Optional(Type.Integer()), per_page: Type.Optional(Type.Integer()) }

/** There is one project an account, named after the region. */
export const listProjects = readOperation({
  name: 'iam:ListProjects',
  summary: 'Show the project of the caller’s account',
  effect: 'read',
  authorization: 'none',
  input: Input({
    name: optional,
    domain_id: optional,
    parent_id: optional,
    enabled: Type.Optional(Type.Boolean()),
    is_domain: Type.Optional(Type.Boolean()),
    ...paging,
  }),
  output: Type.Object({
    projects: Type.Array(
      Type.Object({
        id: text,
        name: text,
        domain_id: text,
        parent_id: text,
        description: text,
        enabled: Type.Boolean(),
        is_domain: Type.Boolean(),
        links: Links,
      }),
    ),
    links: Links,
  }),
  resolve: () => undefined,
  checks: () => [],
  work({ caller, regions }, { name, domain_id, parent_id, enabled = true, is_domain = false, page = 1 }) {
    const { projectId: id, domainId } = caller.account
    const project = {
      id,
      name: regions.huawei,
      domain_id: domainId,
      parent_id: domainId,
      description: '',
      enabled: true,
      is_domain: false,
      links: { self: `/v3/projects/${id}` },
    }
    const asked =
      (name ?? project.name) === project.name &&
      (domain_id ?? domainId) === domainId &&
      (parent_id ?? domainId) === domainId
    const projects = asked && enabled && !is_domain && page === 1 ? [project] : []
    return { projects, links: { self: '/v3/projects' } }
  },
  example: {},
})

export const listAuthDomains = readOperation({
  name: 'iam:ListAuthDomains',
  summary: 'Show the account that the caller belongs to',
  effect: 'read',
  authorization: 'none',
  input: Input({ name: optional, ...paging }),
  output: Type.Object({
    domains: Type.Array(
      Type.Object({ id: text, name: text, description: text, enabled: Type.Boolean(), links: Links }),
    ),
    links: Links,
  }),
  resolve: () => undefined,
  checks: () => [],
  work({ caller }) {
    const { domainId: id, name } = caller.account
    const domain = { id, name, description: '', enabled: true, links: { self: `/v3/domains/${id}` } }
    return { domains: [domain], links: { self: '/v3/auth/domains' } }
  },
  example: {},
})
