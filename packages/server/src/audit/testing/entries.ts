import { randomBytes } from 'node:crypto'
import { testKeyring } from '../../crypto/testing/keyring.ts'
import type { Nonce } from '../../pipeline/connection.ts'
import type { AuditEntry } from '../audit.ts'

export const testSealKeys = testKeyring(Buffer.alloc(32, 7))

/** An entry as a call makes it. */
export function testEntry(requestId: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    requestId,
    time: new Date().toISOString(),
    operation: 'kms:Encrypt',
    account: '1234567890123456',
    caller: 'acs:ram::1234567890123456:user/alice',
    accessKeyId: 'LTAI0000000000000000',
    source: '192.0.2.1',
    checks: [
      {
        action: 'kms:Encrypt',
        resource: 'acs:kms:cn-hangzhou:1234567890123456:key/k',
        decision: 'Allow',
        reason: 'Allowed',
        by: 'identity/use-keys/1',
        facts: { 'acs:SourceIp': '192.0.2.1' },
      },
    ],
    outcome: 'Success',
    input: { KeyId: 'k' },
    ...more,
  }
}

export function testNonce(): Nonce {
  return { bucket: Math.floor(Date.now() / 60_000), id: randomBytes(16) }
}
