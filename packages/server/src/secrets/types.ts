import { refuse } from '../base/problem.ts'
import { AUTO } from './names.ts'
import { managedPassword } from './password.ts'

/** Types of secrets; all but `Generic` are managed: the service knows what they open (reference: alibaba-kms.md D). */
export const SECRET_TYPES = ['Generic', 'Rds', 'Redis', 'RAMCredentials', 'ECS', 'PolarDB'] as const
export type SecretType = (typeof SECRET_TYPES)[number]

/** The settings of a managed secret, as its `ExtendedConfig` says them. */
export type ExtendedConfig = Readonly<Record<string, string | Readonly<Record<string, string>>>>

/** JSON text of them, at most. */
const LONGEST_CONFIG = 1024
const MOST_CUSTOM_DATA = 10

interface ManagedType {
  readonly subTypes: readonly string[]
  /** Members that the settings must have besides `SecretSubType`. */
  readonly needs: readonly string[]
  /** The first value, as it is read, from what the call gave. Undefined: it has another form. */
  value(data: string, config: ExtendedConfig, now: number): object | undefined
}

const generatedAccount: ManagedType['value'] = (data, config) =>
  data === AUTO
    ? { AccountName: config.AccountName, AccountPassword: managedPassword() }
    : exactly(parse(data), ['AccountName', 'AccountPassword'])

const MANAGED: Readonly<Record<Exclude<SecretType, 'Generic'>, ManagedType>> = {
  Rds: {
    subTypes: ['SingleUser', 'DoubleUsers'],
    needs: ['DBInstanceId'],
    value(data, { SecretSubType }) {
      const accounts = listOf(data, 'Accounts', ['AccountName', 'AccountPassword'])
      return accounts && accounts.length <= (SecretSubType === 'SingleUser' ? 1 : 2) ? accounts[0] : undefined
    },
  },
  Redis: {
    subTypes: ['DoubleUsers'],
    needs: ['RegionId', 'InstanceId', 'AccountName', 'CloneAccountName', 'AccountPrivilege'],
    value: generatedAccount,
  },
  PolarDB: {
    subTypes: ['DoubleUsers'],
    needs: ['RegionId', 'DBClusterId', 'DBType', 'AccountName', 'CloneAccountName', 'AccountType'],
    value: generatedAccount,
  },
  RAMCredentials: {
    subTypes: ['RamUserAccessKey'],
    needs: ['UserName'],
    value(data, _config, now) {
      const [key, second] = listOf(data, 'AccessKeys', ['AccessKeyId', 'AccessKeySecret']) ?? []
      return key && !second ? { ...key, GenerateTimestamp: new Date(now).toISOString() } : undefined
    },
  },
  ECS: {
    subTypes: ['Password', 'SSHKey'],
    needs: ['RegionId', 'InstanceId'],
    value: (data, { SecretSubType }) =>
      exactly(
        parse(data),
        SecretSubType === 'Password' ? ['UserName', 'Password'] : ['UserName', 'PublicKey', 'PrivateKey'],
      ),
  },
}

/** The settings of a new secret; undefined for a Generic one, where they mean nothing. Raises `InvalidParameter`. */
export function readExtendedConfig(type: SecretType, given: unknown): ExtendedConfig | undefined {
  if (type === 'Generic') return undefined
  const config = given as Record<string, unknown> | undefined
  if (config === undefined) throw refuse({ code: 'MissingParameter', name: 'ExtendedConfig' })
  const { needs, subTypes } = MANAGED[type]
  const { CustomData = {}, ...members } = config
  const texts = Object.values(members).every((value) => typeof value === 'string')
  const there = needs.every((name) => isFilled(members[name]))
  if (!texts || !there || !subTypes.includes(String(members.SecretSubType))) throw invalidConfig()
  const { AccountName, CloneAccountName, AccountType } = members
  if (CloneAccountName !== undefined && CloneAccountName !== `${String(AccountName)}_clone`) {
    throw invalidConfig()
  }
  if (type === 'PolarDB' && AccountType !== 'Normal') throw invalidConfig()
  return withCustomData(members as ExtendedConfig, CustomData)
}

/** The settings with other data of the caller's. Raises `InvalidParameter`. */
export function withCustomData(config: ExtendedConfig, custom: unknown): ExtendedConfig {
  const isObject = typeof custom === 'object' && custom !== null && !Array.isArray(custom)
  if (!isObject || Object.keys(custom).length > MOST_CUSTOM_DATA) throw invalidConfig()
  if (Object.values(custom).some((value) => typeof value !== 'string')) throw invalidConfig()
  const all = { ...config, CustomData: custom as Record<string, string> }
  if (JSON.stringify(all).length > LONGEST_CONFIG) throw invalidConfig()
  return all
}

/**
 * The first value of a secret, in the form in which it is read. Raises `InvalidParameter` for what the type cannot hold.
 */
export function firstValue(
  type: SecretType,
  data: string,
  config: ExtendedConfig | undefined,
  now: number,
): string {
  if (type === 'Generic' || !config) return data
  const value = MANAGED[type].value(data, config, now)
  if (!value) throw refuse({ code: 'InvalidParameter', name: 'SecretData' })
  return JSON.stringify(value)
}

/**
 * The value of the second account of an `Rds` secret in two-user mode, where the call gave one. It is valid beside the
 * first, and the next rotation changes it.
 */
export function secondValue(
  type: SecretType,
  data: string,
  config: ExtendedConfig | undefined,
): string | undefined {
  if (type !== 'Rds' || config?.SecretSubType !== 'DoubleUsers') return undefined
  const [, second] = listOf(data, 'Accounts', ['AccountName', 'AccountPassword']) ?? []
  return second && JSON.stringify(second)
}

export function isManaged(type: SecretType): boolean {
  return type !== 'Generic'
}

function invalidConfig() {
  return refuse({ code: 'InvalidParameter', name: 'ExtendedConfig' })
}

function listOf(data: string, member: string, names: readonly string[]): object[] | undefined {
  const list = parse(data)?.[member]
  if (!Array.isArray(list) || list.length === 0) return undefined
  const read = list.map((one) => exactly(one, names))
  return read.every((one) => one !== undefined) ? (read as object[]) : undefined
}

/** The members of these names, all of them filled text, and no others. */
function exactly(value: unknown, names: readonly string[]): Record<string, string> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found = value as Record<string, unknown>
  if (Object.keys(found).length !== names.length || !names.every((name) => isFilled(found[name]))) {
    return undefined
  }
  return Object.fromEntries(names.map((name) => [name, found[name] as string]))
}

function parse(data: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
