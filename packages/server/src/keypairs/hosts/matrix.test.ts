import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noMachine, startMachine, type TestMachine } from './testing/machine.ts'
import { CASES, FAULTLESS, matrixCase, nameOf, runMatrixCase } from './testing/matrix.ts'

// A sample of the matrix of hosts, another one in each run; `npm run test:hosts` goes over all of it.

/** Milliseconds of wall time: as many cases as fit, but on a slow machine not less than a few. */
const TIME = 10_000
const LEAST = 4

describe.skipIf(noMachine)(`whatever a task says, its user still gets in ${noMachine ?? ''}`, () => {
  let machine: TestMachine
  beforeAll(async () => {
    machine = await startMachine([{ name: 'root', uid: 0 }])
  })
  afterAll(() => machine?.stop())

  it('on a sample of hosts', async () => {
    const end = performance.now() + TIME
    let done = 0
    while (performance.now() < end || done < LEAST) {
      const number = Math.floor(Math.random() * (done % 2 === 0 ? FAULTLESS : CASES))
      const one = matrixCase(number)
      const { broken } = await runMatrixCase(machine, one)
      expect([number, nameOf(one), broken]).toEqual([number, nameOf(one), undefined])
      done += 1
    }
  }, 60_000)
})
