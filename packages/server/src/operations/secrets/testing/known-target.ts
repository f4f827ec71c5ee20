import { openDoor } from '../../../secrets/engines/testing/open-door.ts'
import { sealPassword } from '../../../secrets/targets/password.ts'
import { putTarget } from '../../../secrets/targets/targets.ts'
import { type KmsFixture, OWN } from '../../kms/testing/kms-fixture.ts'

/** Registers the target `rm-1`, which lets everyone in. */
export async function knowTarget({ keyring, store }: KmsFixture): Promise<void> {
  const { port } = await openDoor()
  const facts = {
    engine: 'postgresql',
    address: '127.0.0.1',
    port,
    database: '',
    tls: 'off',
    ca: '',
    administrator: 'keyward',
    accounts: ['a', 'a1', 'a2', 'a3'],
  } as const
  const id = 'target'
  const sealedPassword = sealPassword(keyring, { id, account_uid: OWN.uid }, 'p')
  await store.write((tx) => putTarget(tx, OWN.uid, 'rm-1', { id, facts, sealedPassword }, 0))
}
