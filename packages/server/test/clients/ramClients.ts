import { createRequire } from 'node:module'
import type ImsPackage from '@alicloud/ims20190815'
import type RamPackage from '@alicloud/ram20150501'
import type TeaUtilPackage from '@alicloud/tea-util'
import { AlibabaError, type AlibabaLogin, config } from './alibabaClients.ts'

// The official typed clients of RAM and Ims, unmodified.

const require = createRequire(import.meta.url)
const ims = require('@alicloud/ims20190815') as typeof ImsPackage
const ram = require('@alicloud/ram20150501') as typeof RamPackage
const teaUtil = require('@alicloud/tea-util') as typeof TeaUtilPackage

/** A module of a typed client: the client itself, and the models of its requests. */
interface TypedModule {
  readonly default: new (config: never) => object
}
/** Calls of the typed client by the name of the call, with the members of its request; gives the answer's body. */
export type RamCaller = (
  action: string,
  parameters?: Readonly<Record<string, unknown>>,
  // biome-ignore lint/suspicious/noExplicitAny: answers of every call
) => Promise<any>

/**
 * `@alicloud/ram20150501`: every call goes through its request and answer models, so a member that the model lacks, or has
 * in another form, is missing here. Members have a small letter first, as the client's models have them.
 */
export const ramTypedCaller = (login: AlibabaLogin): RamCaller => typedCaller(ram, login)

/** `@alicloud/ims20190815`, likewise. */
export const imsTypedCaller = (login: AlibabaLogin): RamCaller => typedCaller(ims, login)

/** Calls of any typed client, by the names of calls. */
export function typedCaller(module: TypedModule, login: AlibabaLogin): RamCaller {
  const client = new module.default(config(login) as never)
  const models = module as unknown as Record<string, new (members: object) => object>
  const runtime = new teaUtil.RuntimeOptions({ ignoreSSL: true, autoretry: false })
  return async (action, parameters = {}) => {
    const name = `${action[0]!.toLowerCase()}${action.slice(1)}WithOptions`
    const call = (client as unknown as Record<string, (...args: unknown[]) => Promise<{ body: unknown }>>)[
      name
    ]
    if (!call) throw new Error(`the client has no ${action}`)
    const Request = models[`${action}Request`]
    const given = Request ? [new Request(parameters), runtime] : [runtime]
    try {
      return (await call.apply(client, given)).body
    } catch (error) {
      const { code, message, data = {} } = error as { code?: string; message: string; data?: object }
      if (code === undefined) throw error
      throw new AlibabaError(code, message, data as Record<string, unknown>)
    }
  }
}
