import { describe, expect, it } from 'vitest'
import { judge, lookAt, type Seen } from './look.ts'

const host = { keypair_id: 'p', keypair_name: 'web' }
const left = { line: 'ssh-ed25519 AAAA left', keypairId: 'q', keypairName: 'next' }
const seen = (parts: Partial<Seen>): Seen => ({ lines: [], passwords: true, ...parts })
const lines = [{ ...left, letIn: true }]
const gone = [{ ...left, letIn: false }]

describe('the record of a host', () => {
  it.each([
    ['is right', seen({ bound: true }), 'AsRecorded', { kind: 'confirm' }],
    [
      'is right, and what was in doubt is gone',
      seen({ bound: true, lines: gone }),
      'AsRecorded',
      { kind: 'confirm' },
    ],
    [
      'is right, with a line besides',
      seen({ bound: true, lines }),
      'Differs',
      { kind: 'keep-lines', lines: [left] },
    ],
    [
      'names a key that is replaced',
      seen({ bound: false, lines }),
      'Differs',
      { kind: 'bind', to: left, lines: [] },
    ],
    ['names no key, and one is there', seen({ lines }), 'Differs', { kind: 'bind', to: left, lines: [] }],
    ['names a key that is gone', seen({ bound: false, lines: gone }), 'Differs', { kind: 'unbind' }],
    ['names no key, and none is there', seen({ lines: gone }), 'AsRecorded', { kind: 'confirm' }],
  ] as const)('%s', (_what, what, state, remedy) => {
    expect(judge(host, what, true)).toMatchObject({ state, remedy })
  })

  it('needs nothing where nothing was in doubt', () => {
    expect(judge(host, seen({ bound: true }), false).remedy).toEqual({ kind: 'nothing' })
  })

  it('tells no names of private pairs', () => {
    const { findings, would } = judge(host, seen({ bound: false, lines }), true, new Set(['p', 'q']))
    expect([...findings, would].join()).not.toMatch(/web|next/)
  })

  it('is not judged where the host does not answer', async () => {
    const address = { host: '127.0.0.1', port: 1, user: 'root', hostKey: Buffer.from('00000000', 'hex') }
    const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y'
    const verdict = await lookAt(address, { ...host, bound_line: line }, undefined)
    expect(verdict).toMatchObject({ state: 'Unknown', remedy: { kind: 'nothing' } })
  })
})
