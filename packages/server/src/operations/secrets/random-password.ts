import { Type } from 'typebox'
import { Secret } from '../../base/secret.ts'
import { KINDS, randomPassword } from '../../secrets/password.ts'
import { accountCall } from '../kms/account-call.ts'
import { Input } from '../kms/fields.ts'

const Flag = Type.Optional(Type.Boolean())

/** Makes a random password and keeps nothing of it (reference: alibaba-kms.md D). */
export const getRandomPassword = accountCall({
  action: 'GetRandomPassword',
  summary: 'Make a random password',
  input: Input({
    PasswordLength: Type.Optional(Type.Integer({ minimum: 8, maximum: 128 })),
    ExcludeCharacters: Type.Optional(Type.String({ pattern: '^[\\x20-\\x7e]{0,512}$' })),
    ExcludeLowercase: Flag,
    ExcludeUppercase: Flag,
    ExcludeNumbers: Flag,
    ExcludePunctuation: Flag,
    RequireEachIncludedType: Flag,
  }),
  output: Type.Object({ RandomPassword: Secret(Type.String()) }),
  work(_scope, input) {
    const excluded = {
      lowercase: input.ExcludeLowercase,
      uppercase: input.ExcludeUppercase,
      numbers: input.ExcludeNumbers,
      punctuation: input.ExcludePunctuation,
    }
    return {
      RandomPassword: randomPassword({
        length: input.PasswordLength ?? 32,
        without: (Object.keys(KINDS) as (keyof typeof KINDS)[]).filter((kind) => excluded[kind]),
        excluded: input.ExcludeCharacters ?? '',
        eachKind: input.RequireEachIncludedType ?? true,
      }),
    }
  },
  example: { PasswordLength: 24, ExcludePunctuation: true },
})
