import { caseMemo, evaluateCase, type PolicyCase } from '@keyward/policy'
import type { Command } from '../command.ts'
import { misused } from '../exit.ts'
import { nameOf, readCases } from './case-file.ts'
import { parseJson, readFiles } from './files.ts'

/** Decides case after case, for programs. */
export const policyDecide: Command = {
  name: 'policy decide',
  usage: '--cases FILE|-',
  about:
    'Decides each case of a case file and prints one line of JSON for it, in order: its name (its number, such as `#3`, when it has none), the decision (Allow or Deny) and the reason (Allowed, ExplicitDeny or ImplicitDeny). What the cases expect is not looked at: keyward policy test does that.\nA case with a document that would be refused on write, or a principal that is none, is denied; standard error says why, and the command ends with 4.',
  examples: [
    ['keyward policy decide --cases cases.json', 'one line a case'],
    [
      `echo '{"language": "ram", "policies": {}, "request": {"principal": "acs:ram::1:user/a", "action": "kms:ListKeys", "resource": "*"}}' | keyward policy decide --cases -`,
      'from standard input',
    ],
  ],
  flags: [
    { name: 'cases', type: 'text', value: 'FILE', description: 'The case file; `-` is standard input.' },
  ],
  words: [0, 0],
  async run(line, io) {
    const name = line.text('cases')
    if (name === undefined) throw misused('say which cases: --cases FILE')
    const [file] = await readFiles([name], io)
    const cases = readCases(parseJson(file!), file!.label)
    const memo = caseMemo()
    let refused = false
    for (const [index, entry] of cases.entries()) {
      const name = nameOf(entry, index)
      const outcome = decideCase(entry, memo, (problem) => {
        refused = true
        io.err(`keyward: case ${name}: ${problem}`)
      })
      io.out(JSON.stringify({ name, ...outcome }))
    }
    return refused ? 4 : 0
  },
}

/** A case that cannot be decided is denied. */
function decideCase(entry: PolicyCase, memo: ReturnType<typeof caseMemo>, tell: (problem: string) => void) {
  try {
    const { decision, reason, refused } = evaluateCase(entry, memo)
    if (decision && reason) return { decision, reason }
    for (const { at, findings } of refused) {
      const [first] = findings.filter(({ severity }) => severity === 'error')
      tell(`${at} would be refused: ${first!.line}:${first!.column}: ${first!.message} [${first!.code}]`)
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    tell(error.message)
  }
  return { decision: 'Deny', reason: 'ImplicitDeny' }
}
