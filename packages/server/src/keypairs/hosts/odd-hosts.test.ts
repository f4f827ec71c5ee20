import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { Server, type ServerAttempt } from 'ssh2'
import { afterEach, describe, expect, it } from 'vitest'
import type { PrivateKey } from '../formats/private-key.ts'
import { writePrivateKey } from '../formats/write-private-key.ts'
import { generateKey } from '../generate.ts'
import { type HostAddress, logIn, offeredMethods } from './connection.ts'

/* Hosts that a test cannot make of sshd: other ways to ask for a password, silence, and noise. */

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const hostKey = generateKey('ECDSA_SHA2_NISTP256')
const pem = (key: PrivateKey) => writePrivateKey(key, 'openssh')

async function addressOf(port: number, key?: PrivateKey): Promise<HostAddress> {
  const { blob } = (key ?? (await hostKey)).public
  return { host: '127.0.0.1', port, user: 'root', hostKey: blob, connectTimeout: 3000 }
}

/** An SSH server that answers login attempts as it is told. */
async function played(answer: (attempt: ServerAttempt) => void, keys?: PrivateKey[]): Promise<number> {
  const hostKeys = (keys ?? [await hostKey]).map(pem)
  const server = new Server({ hostKeys }, (client) => {
    client.on('authentication', answer)
    client.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return server.address().port
}

async function tcp(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = []
  const server: NetServer = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as { port: number }).port
}

const enter = (address: HostAddress, password = 'secret') =>
  logIn(address, { kind: 'password', password }).then(
    (client) => {
      client.destroy()
      return 'in'
    },
    (error) => `${error.code}: ${error.message}`,
  )

describe('a host that asks for the password as a question', () => {
  const asking = (prompts: readonly { prompt: string; echo: boolean }[], asked: string[] = []) =>
    played((attempt) => {
      asked.push(attempt.method)
      if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive'])
      attempt.prompt(prompts, (answers) => (answers[0] === 'secret' ? attempt.accept() : attempt.reject()))
    })

  it('gets it, and nothing was tried that it does not offer', async () => {
    const asked: string[] = []
    const address = await addressOf(await asking([{ prompt: 'Password: ', echo: false }], asked))
    expect(await enter(address)).toBe('in')
    expect(asked).toEqual(['none', 'keyboard-interactive'])
    expect(await offeredMethods(address)).toEqual(['keyboard-interactive'])
    expect(await enter(address, 'wrong')).toMatch(/^LoginRefused/)
  })

  it('does not get it as the answer to another question', async () => {
    const shown = await addressOf(await asking([{ prompt: 'Your name: ', echo: true }]))
    expect(await enter(shown)).toMatch(/^LoginRefused/)
    const two = { prompt: 'Password: ', echo: false }
    const both = await addressOf(await asking([two, { prompt: 'Code: ', echo: false }]))
    expect(await enter(both)).toMatch(/^LoginRefused/)
  })
})

describe('a host is told apart that', () => {
  it('wants more than a password', async () => {
    const port = await played((attempt) =>
      attempt.method === 'password' ? attempt.reject(['publickey'], true) : attempt.reject(['password']),
    )
    expect(await enter(await addressOf(port))).toMatch(/^LoginRefused: .* more than one proof/)
  })

  it('wants a new password', async () => {
    const port = await played((attempt) =>
      attempt.method === 'password' ? attempt.requestChange('New: ', () => {}) : attempt.reject(['password']),
    )
    expect(await enter(await addressOf(port))).toMatch(/^LoginRefused: the password has expired/)
  })

  it('lets anyone in', async () => {
    const address = await addressOf(await played((attempt) => attempt.accept()))
    await expect(offeredMethods(address)).rejects.toMatchObject({ code: 'HostUnsupported' })
  })

  it('shows another key than the recorded one, or has several of which one is', async () => {
    const keys = await Promise.all([generateKey('SSH_ED25519'), generateKey('SSH_RSA_2048'), hostKey])
    const seen: string[] = []
    const port = await played((attempt) => {
      seen.push(attempt.method)
      attempt.accept()
    }, keys)
    for (const key of keys) expect(await enter(await addressOf(port, key))).toBe('in')
    seen.length = 0
    for (const key of await Promise.all([generateKey('SSH_RSA_2048'), generateKey('ECDSA_SHA2_NISTP384')])) {
      expect(await enter(await addressOf(port, key))).toMatch(/^HostKeyChanged/)
    }
    expect(seen).toEqual([])
  })

  it('says nothing', async () => {
    const address = { ...(await addressOf(await tcp(() => {}))), connectTimeout: 200 }
    expect(await enter(address)).toMatch(/^HostUnreachable: no answer in time/)
  })

  it('is no ssh server', async () => {
    const web = await tcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await enter(await addressOf(web))).toMatch(/^(HostUnreachable|ConnectionLost)/)
    const noise = await tcp((socket) =>
      socket.write(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(9000, 7)])),
    )
    expect(await enter(await addressOf(noise))).toMatch(/^(HostUnreachable|ConnectionLost)/)
  })
})
