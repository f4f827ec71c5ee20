/** What can go wrong with secrets, in this vendor's words (reference/alibaba-kms.md A.2, A.3). */
export const SECRET_ROWS = {
  SecretNotFound: () => ({ status: 404, code: 'Forbidden.ResourceNotFound', message: 'Resource not found.' }),
  SecretExists: () => ({
    status: 409,
    code: 'Rejected.ResourceExist',
    message: 'The resource already exists.',
  }),
  SecretInDeletion: () => ({
    status: 409,
    code: 'Rejected.ResourceInDeleteWindow',
    message: 'The secret is planned to be deleted.',
  }),
  SecretNotInDeletion: () => ({
    status: 409,
    code: 'Rejected.ResourceInUse',
    message: 'The secret is not planned to be deleted.',
  }),
  StageMismatch: ({ detail }: { readonly detail?: string }) => ({
    status: 400,
    code: 'Rejected.InvalidRequest',
    message: `The request is invalid.${detail === undefined ? '' : ` ${detail}`}`,
  }),
  SecretTargetNotFound: ({ detail }: { readonly detail: string }) => ({
    status: 404,
    code: 'Forbidden.ResourceNotFound',
    message: `Resource not found. ${detail}`,
  }),
  SecretTargetFailed: ({ detail }: { readonly detail: string }) => ({
    status: 400,
    code: 'Rejected.InvalidRequest',
    message: `The request is invalid. ${detail}`,
  }),
  SecretRotating: () => ({
    status: 409,
    code: 'Rejected.ResourceInUse',
    message: 'A rotation of the secret is not at its end.',
  }),
  ServiceRoleMissing: ({ name }: { readonly name: string }) => ({
    status: 403,
    code: 'Forbidden.NoPermission',
    message: `This operation is forbidden by permission system. The account has no role ${name} that trusts kms.aliyuncs.com.`,
  }),
} as const
