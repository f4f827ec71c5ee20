import { describe, expect, it } from 'vitest'
import { type PasswordBlock, passwordBlock, withPasswordBlock } from './sshd-config.ts'

const config = Buffer.from(
  'Include /etc/ssh/sshd_config.d/*.conf\n# \u00e9\nPasswordAuthentication yes\n',
  'latin1',
)
const states: readonly PasswordBlock[] = ['none', 'no', 'yes']

describe('the password block of sshd_config', () => {
  it.each(states.flatMap((from) => states.map((to) => [from, to] as const)))(
    'goes from %s to %s',
    (from, to) => {
      const before = withPasswordBlock(config, from)
      const after = withPasswordBlock(before, to)
      expect(passwordBlock(after)).toBe(to)
      expect(withPasswordBlock(after, 'none').equals(config)).toBe(true)
    },
  )

  it('stands before everything else, so that sshd takes it', () => {
    expect(withPasswordBlock(config, 'no').toString('latin1')).toBe(
      '# keyward: password login, begin\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n' +
        `# keyward: password login, end\n${config.toString('latin1')}`,
    )
  })

  it('is left alone once someone has changed it', () => {
    const text = withPasswordBlock(config, 'no').toString()
    for (const changed of [
      text.replace('PasswordAuthentication no', 'PasswordAuthentication maybe'),
      text.replace('# keyward: password login, end\n', ''),
      `Port 22\n${text}`,
      text + text,
    ]) {
      expect(() => passwordBlock(Buffer.from(changed))).toThrow('were changed')
      expect(() => withPasswordBlock(Buffer.from(changed), 'none')).toThrow('were changed')
    }
  })
})
