import { HostFailure } from './failure.ts'

/*
 * Password login is switched by a block of our own at the very top of sshd_config. sshd takes the first value that it
 * finds, so the block wins over what stands below and in the files that are included there; only a Match section could
 * overrule it, which the probe afterwards would notice. Taking the block away brings back what the owner had.
 *
 *   # keyward: password login, begin
 *   PasswordAuthentication no
 *   KbdInteractiveAuthentication no
 *   # keyward: password login, end
 */
const BEGIN = '# keyward: password login, begin'
const END = '# keyward: password login, end'

/** What our block says; `none` where there is none. */
export type PasswordBlock = 'none' | 'no' | 'yes'

function blockText(value: 'no' | 'yes'): string {
  return `${BEGIN}\nPasswordAuthentication ${value}\nKbdInteractiveAuthentication ${value}\n${END}\n`
}

/** Raises `SshdConfigRefused` when someone has changed our block. */
export function passwordBlock(config: Buffer): PasswordBlock {
  const text = config.toString('latin1')
  if (!text.includes(BEGIN) && !text.includes(END)) return 'none'
  for (const value of ['no', 'yes'] as const) {
    const whole = blockText(value)
    if (text.startsWith(whole) && !text.slice(whole.length).includes('# keyward: password login'))
      return value
  }
  throw new HostFailure('SshdConfigRefused', 'the lines that keyward put into sshd_config were changed')
}

/** The configuration with our block as wanted. Nothing else changes by a byte. */
export function withPasswordBlock(config: Buffer, wanted: PasswordBlock): Buffer {
  const present = passwordBlock(config)
  const rest = present === 'none' ? config : config.subarray(blockText(present).length)
  return wanted === 'none' ? rest : Buffer.concat([Buffer.from(blockText(wanted), 'latin1'), rest])
}
