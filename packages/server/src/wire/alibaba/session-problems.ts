import type { Problem } from '../../base/problem.ts'

/** What can go wrong with sessions, in this vendor's words (reference/alibaba-ram.md A.9, F.5). */
export const SESSION_ROWS = {
  RoleNotFound: () => ({
    status: 404,
    code: 'EntityNotExist.Role',
    message: 'The specified Role not exists.',
  }),
  InvalidSession: ({ name, detail }: Extract<Problem, { code: 'InvalidSession' }>) => ({
    status: 400,
    code: `InvalidParameter.${name}`,
    message: detail,
  }),
} as const
