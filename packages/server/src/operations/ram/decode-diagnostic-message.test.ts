import { expect, it } from 'vitest'
import { testKeyring } from '../../crypto/testing/keyring.ts'
import { sealText } from '../../identity/sealed-text.ts'
import type { Scope } from '../../pipeline/scope.ts'
import { decodeDiagnosticMessage } from './decode-diagnostic-message.ts'

const DAY = 24 * 60 * 60 * 1000
const keyring = testKeyring()

/** What a decode answers that many days after a refusal of account `of`. */
function decodedAfter(days: number, of = '1'): unknown {
  const diagnosis = {
    time: new Date(0).toISOString(),
    account: { uid: of },
    caller: { kind: 'user', displayName: 'a' },
    conditions: [],
    matched: [],
    nearMisses: [],
    layer: 'identity',
  }
  const message = sealText(keyring, 'diagnostic-messages', JSON.stringify(diagnosis))
  const scope = { keyring, clock: { now: () => days * DAY }, caller: { account: { uid: '1' } } }
  try {
    const input = { EncodedDiagnosticMessage: message }
    return decodeDiagnosticMessage.work(
      scope as unknown as Scope,
      input as never,
      undefined as never,
      undefined as never,
    )
  } catch (error) {
    return (error as { problem?: unknown }).problem ?? error
  }
}

it('a message tells why for thirty days, and only to the account that was refused', () => {
  expect(decodedAfter(30)).toHaveProperty('DecodedDiagnosticMessage')
  expect(decodedAfter(30.001)).toEqual({ code: 'UndecodableMessage', reason: 'expired' })
  for (const days of [1, 31])
    expect(decodedAfter(days, '2')).toEqual({ code: 'UndecodableMessage', reason: 'foreign' })
})
