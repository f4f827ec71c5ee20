import { expect, test } from 'vitest'
import { openToOthers } from './private-process.ts'
import { startService } from './testing/service.ts'

test.each([
  ['--inspect', 'NODE_OPTIONS'],
  ['--inspect=0.0.0.0:9229', 'NODE_OPTIONS'],
  ['--max-old-space-size=100 --inspect-brk', 'NODE_OPTIONS'],
  ['--inspect_wait', 'NODE_OPTIONS'],
  ['--heapsnapshot-signal=SIGUSR2', 'NODE_OPTIONS'],
  ['--heapsnapshot-near-heap-limit=3', 'NODE_OPTIONS'],
  ['--report-on-signal', 'NODE_OPTIONS'],
  ['"--tls-keylog=/tmp/x"', 'NODE_OPTIONS'],
  ['http', 'NODE_DEBUG'],
])('%s in %s is no way to run a service', (text, name) => {
  expect(openToOthers({ [name]: text }, [])).toContain(name)
  if (name === 'NODE_OPTIONS') expect(openToOthers({}, text.split(' '))).toContain('command line')
})

test.each([
  '--max-old-space-size=512 --use-openssl-ca',
  '--require ./no--inspect.js',
  '--report-on-fatalerror',
  '',
])('%s is left alone', (text) => {
  expect(openToOthers({ NODE_OPTIONS: text }, ['--disable-sigusr1'])).toBeUndefined()
})

test('serve ends with a sentence, before it makes anything', async () => {
  const before = process.env.NODE_OPTIONS
  process.env.NODE_OPTIONS = '--inspect=127.0.0.1:0'
  try {
    await expect(startService()).rejects.toThrow(
      /serve ended with 2: .*`--inspect` in NODE_OPTIONS would show/s,
    )
  } finally {
    if (before === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = before
  }
})
