import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { REFUSED } from './refused.ts'

const page = readFileSync(new URL('../../../../../docs/compatibility.md', import.meta.url), 'utf8')

it('lists every call without meaning on the compatibility page, and no other', () => {
  const section = /### KMS calls that have no meaning here\n([\s\S]*?)\n## /.exec(page)?.[1] ?? ''
  const names = [...section.matchAll(/`(\w+)`/g)].map(([, name]) => name)
  expect(names.filter((name) => name !== 'UnsupportedOperation').sort()).toEqual(
    REFUSED.map(([name]) => name as string).sort(),
  )
})
