/** The part of ssh2 1.17 that is used here. The package brings no types of its own. */
declare module 'ssh2' {
  import type { EventEmitter } from 'node:events'
  import type { Duplex, Readable } from 'node:stream'

  export interface ClientError extends Error {
    readonly level?: string
    readonly code?: string | number
  }

  export type AuthAttempt =
    | { readonly type: 'none'; readonly username: string }
    | { readonly type: 'password'; readonly username: string; readonly password: string }
    | { readonly type: 'agent'; readonly username: string; readonly agent: BaseAgent }
    | {
        readonly type: 'keyboard-interactive'
        readonly username: string
        readonly prompt: (
          name: string,
          instructions: string,
          language: string,
          prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
          finish: (answers: readonly string[]) => void,
        ) => void
      }

  export interface ConnectConfig {
    readonly host: string
    readonly port: number
    readonly username: string
    readonly readyTimeout: number
    readonly keepaliveInterval?: number
    readonly keepaliveCountMax?: number
    readonly algorithms?: { readonly serverHostKey?: readonly string[] }
    readonly hostVerifier: (key: Buffer) => boolean
    /** `methods` is null before the first attempt. */
    readonly authHandler: (methods: readonly string[] | null, partial: boolean | null) => AuthAttempt | false
  }

  export interface ClientChannel extends Duplex {
    readonly stderr: Readable
    close(): void
    on(event: 'exit', listener: (code: number | null, signal?: string) => void): this
    on(event: string, listener: (...args: never[]) => void): this
  }

  export class Client extends EventEmitter {
    connect(config: ConnectConfig): this
    exec(command: string, callback: (error: Error | undefined, channel: ClientChannel) => void): void
    setNoDelay(noDelay: boolean): this
    end(): this
    destroy(): this
  }

  export abstract class BaseAgent {
    /** Keys as OpenSSH lines. */
    getIdentities(callback: (error: Error | null, keys?: readonly string[]) => void): void
    /** Called once the server has said that it accepts the key. */
    sign(
      key: unknown,
      data: Buffer,
      options: { readonly hash?: string },
      callback: (error: Error | null, signature?: Buffer) => void,
    ): void
  }

  /** Tests play hosts with it that no sshd would be. */
  export class Server {
    constructor(options: { readonly hostKeys: readonly string[] }, listener: (client: ServerClient) => void)
    listen(port: number, host: string, callback: () => void): this
    address(): { readonly port: number }
    close(): this
  }

  export interface ServerClient extends EventEmitter {
    on(event: 'authentication', listener: (attempt: ServerAttempt) => void): this
    on(event: string, listener: (...args: never[]) => void): this
  }

  export interface ServerAttempt {
    readonly method: string
    readonly password?: string
    accept(): void
    reject(methods?: readonly string[], partial?: boolean): void
    prompt(
      prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
      callback: (answers: readonly string[]) => void,
    ): void
    requestChange(prompt: string, callback: (password: string) => void): void
  }
}
