import { readFileSync } from 'node:fs'
import { parsePolicy } from '@keyward/policy'
import type { Command } from '../command.ts'
import { misused } from '../exit.ts'
import { json } from '../io.ts'
import { type Checked, isError, jsonReport, textReport } from './check-report.ts'
import { readFiles } from './files.ts'
import { chooseKind, givenLanguage, givenType, languageFlag } from './kind.ts'
import { sarifLog } from './sarif.ts'

const formats = ['text', 'json', 'sarif']

/** Judges policy documents as the service would on write. */
export const policyCheck: Command = {
  name: 'policy check',
  usage: 'FILE...|- [FLAGS]',
  about:
    'Judges policy documents as the service does when they are written: every finding at once, with its place. An error would have the document refused, and the command then ends with 4. A warning is something that the clouds accept and that does not do what it seems to: an unknown action, a condition key that the action does not carry, a statement that never matches. A suggestion is worth a second look. Neither fails the command.\nLanguage and policy type are guessed from the text when they are not given. A document that limits (session, control, scp) looks like an identity policy: say so with --type, or let its name end in `.session.json`, `.control.json` or `.scp.json`.',
  examples: [
    ['keyward policy check policies/*.json', 'judge some documents'],
    ['keyward policy check --type scp guardrails.json', 'a document that limits an organization'],
    ['keyward policy check --format sarif policies/*.json > keyward.sarif', 'for code scanning'],
    ['terraform output -raw policy | keyward policy check -', 'from another program'],
  ],
  flags: [
    languageFlag,
    {
      name: 'type',
      type: 'text',
      value: 'TYPE',
      description:
        'What the document is attached to: identity, session, key, secret, trust, control (ram) or scp (iam). Guessed when not given.',
    },
    {
      name: 'format',
      type: 'text',
      value: 'text|json|sarif',
      description: 'How to report; text by default.',
    },
  ],
  words: [1, Number.POSITIVE_INFINITY],
  async run(line, io) {
    const language = givenLanguage(line)
    const type = givenType(line, language)
    const format = line.text('format') ?? 'text'
    if (!formats.includes(format))
      throw misused(`unknown format \`${format}\`; it is one of ${formats.join(', ')}`)
    const files = await readFiles(line.words, io)
    const checked = files.map((file): Checked => {
      const kind = chooseKind(file, { language, type })
      return { ...file, kind, findings: parsePolicy(file.text, kind).findings }
    })
    if (format === 'text') for (const row of textReport(checked, io)) io.out(row)
    else io.out(json(io, format === 'json' ? jsonReport(checked) : sarifLog(checked, version())))
    return checked.some(({ findings }) => findings.some(isError)) ? 4 : 0
  },
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}
