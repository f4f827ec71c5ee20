// The health check of the container: 0 when the service in it is ready. It asks at the address that the running service
// left in its data folder, and trusts whatever certificate answers there: it is this container's own.
import { readFileSync } from 'node:fs'
import { request as http } from 'node:http'
import { request as https } from 'node:https'
import { join } from 'node:path'

const fail = (reason) => {
  process.stderr.write(`not ready: ${reason}\n`)
  process.exit(1)
}

let url
try {
  const address = readFileSync(join(process.env.KEYWARD_DATA ?? 'data', 'endpoint'), 'utf8').trim()
  url = new URL('/readyz', address)
} catch {
  fail('the service has not started')
}
const ask = url.protocol === 'https:' ? https : http
const asked = ask(url, { rejectUnauthorized: false, timeout: 4000 }, (response) => {
  if (response.statusCode === 200) process.exit(0)
  let text = ''
  response.on('data', (part) => {
    text += part
  })
  response.on('end', () => fail(text.trim()))
})
asked.on('timeout', () => fail('no answer in time'))
asked.on('error', (error) => fail(error.code ?? error.message))
asked.end()
