import { expect, it } from 'vitest'
import { nativeHash } from './mysql.ts'
import { scramVerifier } from './scram.ts'

it('computes what PostgreSQL keeps of a password', async () => {
  // Of RFC 7677, section 3: the salt and the password `pencil` give these two keys.
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  expect(await scramVerifier('pencil', salt)).toBe(
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  )
  expect(await scramVerifier('pencil')).not.toBe(await scramVerifier('pencil'))
})

it('computes what MariaDB keeps of a password', () => {
  // SELECT PASSWORD('password') of MariaDB and MySQL.
  expect(nativeHash('password')).toBe('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19')
})
