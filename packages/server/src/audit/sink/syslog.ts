import { readFileSync } from 'node:fs'
import { connect as connectPlain, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls } from 'node:tls'
import { type ExportedEntry, exportedLine } from '../export.ts'
import type { AuditSink } from './sink.ts'

/** Facility 13 (log audit) and severity 6 (informational) of RFC 5424. */
const PRIORITY = 13 * 8 + 6
/** How long the other side may take to receive what was sent, in milliseconds. */
const PATIENCE = 30_000
/** So long a connection stays open after what was sent: who refuses it ends it sooner, as a balancer without servers does. */
const REFUSED_WITHIN = 100

export interface SyslogAddress {
  /** `syslog+tls://logs.example.com:6514`: the name of the sink. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** File with the certificates that the server's is trusted by; those of Node when absent. */
  readonly ca?: string
}

/**
 * A syslog server: messages of RFC 5424, each with its length in front (RFC 6587), over TCP or TLS (RFC 5425).
 *
 * Syslog has no answer that says that a message was received. So each group of entries has a connection of its own, which
 * is ended after the last message. That the other side ends it too, not sooner and not by a reset, is taken for having read
 * all.
 */
export function syslogSink({ name, host, port, tls, ca }: SyslogAddress): AuditSink {
  const machine = hostname().replace(/[^\x21-\x7e]/g, '-') || '-'
  const connect = (): Socket => {
    if (!tls) return connectPlain({ host, port })
    // Read each time: a file that was renewed holds from the next connection on.
    return connectTls({ host, port, ...(ca === undefined ? {} : { ca: readFileSync(ca) }) })
  }
  return Object.freeze<AuditSink>({
    name,
    send: (entries) =>
      new Promise<void>((resolve, reject) => {
        const socket = connect()
        const fail = (error: Error) => {
          socket.destroy()
          reject(error)
        }
        socket.setTimeout(PATIENCE, () => fail(new Error(`${host}:${port} did not take the entries in time`)))
        socket.once('error', fail)
        socket.once('close', () => reject(new Error(`${host}:${port} closed the connection too early`)))
        // Answers are none of syslog's, and must be read for the end to be seen.
        socket.resume()
        let ended = false
        socket.once('end', () => ended && resolve())
        socket.once(tls ? 'secureConnect' : 'connect', () => {
          socket.write(Buffer.concat(entries.map((one) => frame(message(one, machine)))), () => {
            setTimeout(() => {
              ended = true
              socket.end()
            }, REFUSED_WITHIN)
          })
        })
      }),
  })
}

function message(entry: ExportedEntry, machine: string): string {
  const time = /"time":"([^"]{1,40})"/.exec(entry.text)?.[1] ?? '-'
  return `<${PRIORITY}>1 ${time} ${machine} keyward - audit - \ufeff${exportedLine(entry)}`
}

function frame(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes])
}
