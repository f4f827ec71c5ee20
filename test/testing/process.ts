import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The first line that a started service prints: its address. Rejects with what it said when it ends before. */
export async function readAddress(child: ChildProcess): Promise<string> {
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  const line = once(createInterface(child.stdout!), 'line').then(([first]) => String(first))
  const end = once(child, 'exit').then(([code]) => Promise.reject(new Error(`ended with ${code}: ${said}`)))
  return await Promise.race([line, end])
}
