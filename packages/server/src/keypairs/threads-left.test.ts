import { setImmediate } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { keySpec } from '../crypto/algorithms/key-specs.ts'
import { createAsymmetric } from '../crypto/pool/asymmetric.ts'
import { generateKey } from './generate.ts'

/** Threads of the runtime's pool, as long as nobody sets another number. */
const POOL = 4
const machine = vi.hoisted(() => ({ cores: 2, running: 0 }))
vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: () => machine.cores,
}))
vi.mock('node:crypto', async (original) => ({
  ...(await original<typeof import('node:crypto')>()),
  /** One that takes its thread and never ends. */
  generateKeyPair() {
    machine.running += 1
  },
}))

it('making keys, of KMS and of SSH, leaves a thread for the sync that every answer waits for', async () => {
  const most = []
  for (const cores of [1, 2, 4, 64]) {
    machine.cores = cores
    machine.running = 0
    const keys = createAsymmetric()
    for (let i = 0; i < 20; i += 1) keys.generate(keySpec('RSA_4096')!).catch(() => {})
    await setImmediate()
    most.push(machine.running)
  }
  machine.running = 0
  for (let i = 0; i < 20; i += 1) generateKey('SSH_RSA_4096').catch(() => {})
  await setImmediate()
  expect(Math.min(...most)).toBeGreaterThan(0)
  expect(machine.running).toBeGreaterThan(0)
  expect(Math.max(...most) + machine.running).toBeLessThan(POOL)
})
