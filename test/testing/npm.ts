import { execFile, execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** Runs npm by the given Node, as somebody would who has that Node alone. */
export function npmUnder(node: string, words: readonly string[], folder: string) {
  const environment = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|KEYWARD_|NODE_OPTIONS$)/i.test(name),
  )
  return promisify(execFile)(node, [npmProgram(), ...words], {
    cwd: folder,
    env: {
      ...Object.fromEntries(environment),
      PATH: `${dirname(node)}:${process.env.PATH}`,
      npm_config_update_notifier: 'false',
    },
  })
}

function npmProgram(): string {
  const given = process.env.npm_execpath
  if (given?.endsWith('npm-cli.js')) return given
  const command = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim())
  return command.endsWith('.js') ? command : join(dirname(command), '../lib/node_modules/npm/bin/npm-cli.js')
}
