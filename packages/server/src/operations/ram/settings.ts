import { type TProperties, Type } from 'typebox'
import { changeSetting, readSetting, type SettingName } from '../../identity/account-settings.ts'
import type { Operation } from '../../pipeline/operation.ts'
import { Input } from './fields.ts'
import { ramRead, ramWrite } from './record.ts'

// What an account says of passwords and sign-in. Both products have these calls, with other members; nothing here goes by
// them as long as there is no console, except that they come back as they were set.

type Product = 'ims' | 'ram'
type Values = Readonly<Record<string, boolean | number | string | readonly string[]>>

const yes = Type.Boolean()
const number = Type.Integer({ minimum: 0, maximum: 1_000_000 })
const word = Type.String({ maxLength: 512 })
const words = Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 })

/** The cloud's values where an account has set none. */
const PASSWORDS: Values = {
  MinimumPasswordLength: 8,
  RequireLowercaseCharacters: false,
  RequireUppercaseCharacters: false,
  RequireNumbers: false,
  RequireSymbols: false,
  MaxPasswordAge: 0,
  PasswordReusePrevention: 0,
  MaxLoginAttemps: 0,
}
const OWN_PASSWORDS: Readonly<Record<Product, Values>> = {
  ram: { HardExpiry: false },
  ims: { HardExpire: false, MinimumPasswordDifferentCharacter: 0, PasswordNotContainUserName: false },
}
const LOGIN: Values = {
  EnableSaveMFATicket: false,
  AllowUserToChangePassword: true,
  LoginSessionDuration: 6,
  LoginNetworkMasks: '',
}
const SWITCHES: Values = { AllowUserToManageAccessKeys: false, AllowUserToManageMFADevices: true }
const OWN_PREFERENCES: Readonly<Record<Product, Values>> = {
  ram: { AllowUserToManagePublicKeys: false },
  ims: {
    MFAOperationForLogin: 'adaptive',
    AllowUserToLoginWithPasskey: true,
    OperationForRiskLogin: 'autonomous',
    VerificationTypes: [],
    AllowUserToManagePersonalDingTalk: true,
    MaxIdleDaysForUsers: 730,
    MaxIdleDaysForAccessKeys: 730,
  },
}

function schemaOf(values: Values): TProperties {
  const types = { boolean: yes, number, string: word, object: words }
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Type.Optional(types[typeof value as keyof typeof types]),
    ]),
  )
}

/** The members of a product, each as it was set or else as it is of itself. */
function shown(defaults: Values, set: Values): Values {
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, set[name] ?? value]))
}

function pair(product: Product, action: string, what: string, name: SettingName, all: Values): Operation[] {
  const describe = (set: Values) => {
    const values = shown(all, set)
    return { [action]: action === 'PasswordPolicy' ? values : preferences(product, values) }
  }
  const common = {
    product,
    on: [] as const,
    also: () => ['*'],
    output: Type.Object({ [action]: Type.Object({}) }),
  }
  return [
    ramRead({
      ...common,
      action: `Get${action}`,
      summary: `Show what the account says of ${what}`,
      input: Input({}),
      work: async ({ caller, store }) => describe(await readSetting(store.read, caller.account.uid, name)),
      example: {},
    }),
    ramWrite({
      ...common,
      action: `Set${action}`,
      summary: `Say something of ${what}; nothing goes by it yet`,
      input: Input(schemaOf(all)),
      work: async (tx, { account }, input) =>
        describe(await changeSetting(tx, account, name, input as Values)),
      example: {},
    }),
  ]
}

/** Preferences are shown by what they are about. */
function preferences(product: Product, values: Values) {
  const of = (...names: string[]) =>
    Object.fromEntries(names.flatMap((name) => (name in values ? [[name, values[name]]] : [])))
  return {
    LoginProfilePreference: of(
      ...Object.keys(LOGIN),
      'MFAOperationForLogin',
      'AllowUserToLoginWithPasskey',
      'OperationForRiskLogin',
    ),
    AccessKeyPreference: of('AllowUserToManageAccessKeys'),
    MFAPreference: of('AllowUserToManageMFADevices'),
    ...(product === 'ram'
      ? { PublicKeyPreference: of('AllowUserToManagePublicKeys') }
      : {
          VerificationPreference: of('VerificationTypes'),
          PersonalInfoPreference: of('AllowUserToManagePersonalDingTalk'),
          MaxIdleDays: of('MaxIdleDaysForUsers', 'MaxIdleDaysForAccessKeys'),
        }),
  }
}

const settingsOf = (product: Product): readonly Operation[] => [
  ...pair(product, 'PasswordPolicy', 'passwords', 'password-policy', {
    ...PASSWORDS,
    ...OWN_PASSWORDS[product],
  }),
  ...pair(product, 'SecurityPreference', 'sign-in', 'security-preference', {
    ...LOGIN,
    ...SWITCHES,
    ...OWN_PREFERENCES[product],
  }),
]

export const ramSettings = settingsOf('ram')
export const imsSettings = settingsOf('ims')
