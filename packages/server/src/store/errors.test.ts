import { describe, expect, it } from 'vitest'
import { absenceText, asUnavailable, isDatabaseDamaged } from './errors.ts'

const detailOf = (error: object) => {
  const problem = asUnavailable(error, '/data/keyward.db')?.problem
  return problem?.code === 'Unavailable' ? problem.detail : undefined
}

describe('what a database says of itself', () => {
  it.each([
    { errcode: 11, message: 'database disk image is malformed' },
    { errcode: 779, message: 'database disk image is malformed' },
    { errcode: 26, message: 'file is not a database' },
    { code: 'XX001', message: 'invalid page in block 3 of relation base/1/2' },
    { code: 'XX002', message: 'index "kms_keys_pkey" contains unexpected zero page' },
  ])('is told as damage, with its words and what to do: %o', (error) => {
    expect(isDatabaseDamaged(asUnavailable(error))).toBe(true)
    expect(detailOf(error)).toMatch(/is damaged: .*keyward verify.*keyward restore/)
    expect(detailOf(error)).toContain(error.message)
  })

  it.each([
    [5, 'held by another program'],
    [8, 'cannot be written'],
    [10, 'the disk fails'],
    [13, 'is full'],
    [14, 'cannot be opened'],
  ])('is told in words of its own, and not as damage: %i', (errcode, words) => {
    expect(detailOf({ errcode, message: 'x' })).toContain(words)
    expect(isDatabaseDamaged(asUnavailable({ errcode, message: 'x' }))).toBe(false)
  })

  it('is told apart from what a statement did wrong', () => {
    for (const error of [{ errcode: 1 }, { errcode: 2067 }, { code: '23505' }, new Error('x')])
      expect(asUnavailable(error)).toBeUndefined()
    expect(detailOf({ code: 'ECONNREFUSED' })).toBe('the database does not answer')
  })

  it('is told to the log in plain words, with what the network said and nothing of it quoted', () => {
    const words = (error: object) => absenceText(asUnavailable(error))
    expect(words({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.1' })).toBe(
      'the database does not answer: nothing listens at its address',
    )
    expect(words({ code: '57P01', message: 'x' })).toBe('the database does not answer: it is being shut down')
    expect(words(new Error('Connection terminated unexpectedly'))).toBe(
      'the database does not answer: the connection ended',
    )
    expect(words({ errcode: 13, message: 'x' })).toBe('the disk of the database is full')
    expect(absenceText(new Error('x'))).toBeUndefined()
  })
})
