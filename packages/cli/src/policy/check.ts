import { readFileSync } from 'node:fs'
import type { Finding } from '@keyward/policy'
import type { Command } from '../command.ts'
import { misused } from '../exit.ts'
import { json } from '../io.ts'
import { checkFiles } from './check-files.ts'
import { type Filter, ignored, inBaseline, writeBaseline } from './check-filter.ts'
import { type Checked, githubReport, isError, jsonReport, textReport } from './check-report.ts'
import { givenLanguage, givenType, languageFlag } from './kind.ts'
import { sarifLog } from './sarif.ts'

const formats = ['text', 'json', 'sarif', 'github']
const severities = ['error', 'warning', 'suggestion'] as const

/** Judges policy documents as the service would on write. */
export const policyCheck: Command = {
  name: 'policy check',
  usage: 'FILE|FOLDER...|- [FLAGS]',
  about:
    'Judges policy documents as the service does when they are written: every finding at once, with its place. An error would have the document refused. A warning is something that the clouds accept and that does not do what it seems to (an unknown action, a condition key that the action does not carry, a statement that never matches), or that lets in more than most authors mean. A suggestion is worth a second look. The command ends with 4 when there is an error; `--fail-on warning` has it end so for a warning as well.\nOf a world file, every policy in it is judged, at its line. Of a folder, what is below it: world files, and JSON files that look like policies.\nLanguage and policy type are guessed from the text when they are not given. A document that limits (session, control, scp) looks like an identity policy: say so with --type, or let its name end in `.session.json`, `.control.json` or `.scp.json`.\nWhat is known and meant is left out by --ignore; what was there before, by a baseline: write one today, and only what is new fails. Errors are never left out.',
  examples: [
    ['keyward policy check policies/*.json', 'judge some documents'],
    ['keyward policy check --type scp guardrails.json', 'a document that limits an organization'],
    ['keyward policy check policies world.yaml --fail-on warning', 'a folder and a world, strictly'],
    ['keyward policy check policies --ignore ALLOWS_EVERYTHING:policies/admin.json', 'but for what is meant'],
    ['keyward policy check policies --write-baseline known.json', 'note what there is'],
    ['keyward policy check policies --baseline known.json --fail-on warning', 'and fail for what is new'],
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
      value: 'text|json|sarif|github',
      description: 'How to report; text by default. `github` marks the lines of a change in GitHub Actions.',
    },
    {
      name: 'fail-on',
      type: 'text',
      value: 'error|warning|suggestion',
      description: 'End with 4 when there is a finding of this severity or a worse one; error by default.',
    },
    {
      name: 'ignore',
      type: 'list',
      value: 'CODE[:FILE]',
      description:
        'Leave out findings of this code, everywhere or in files of this name (with `*`); may be given several times.',
    },
    { name: 'baseline', type: 'text', value: 'FILE', description: 'Leave out the findings that it holds.' },
    {
      name: 'write-baseline',
      type: 'text',
      value: 'FILE',
      description:
        'Write the warnings and suggestions there are now into a baseline, and end with 0 unless there is an error.',
    },
    { name: 'quiet', type: 'switch', description: 'Print findings alone.' },
  ],
  words: [1, Number.POSITIVE_INFINITY],
  async run(line, io) {
    const language = givenLanguage(line)
    const type = givenType(line, language)
    const format = line.text('format') ?? 'text'
    if (!formats.includes(format))
      throw misused(`unknown format \`${format}\`; it is one of ${formats.join(', ')}`)
    const failOn = line.text('fail-on') ?? 'error'
    const worst = severities.indexOf(failOn as Finding['severity'])
    if (worst < 0)
      throw misused(`\`--fail-on ${failOn}\` is no severity; it is one of ${severities.join(', ')}`)
    const filters: Filter[] = [ignored(line.flags.get('ignore') ?? [])]
    const baseline = line.text('baseline')
    if (baseline !== undefined) filters.push(inBaseline(baseline, io.folder))
    const { checked: all, many } = await checkFiles(line.words, { language, type }, io)
    const noted = line.text('write-baseline')
    if (noted !== undefined) {
      const count = writeBaseline(noted, io.folder, all)
      io.err(`keyward: ${count} finding${count === 1 ? '' : 's'} noted in ${noted}`)
      return all.some(({ findings }) => findings.some(isError)) ? 4 : 0
    }
    const checked = all.map((file) => ({
      ...file,
      findings: file.findings.filter((one) => !filters.some((leavesOut) => leavesOut(file, one))),
    }))
    const count = (files: readonly Checked[]) => files.reduce((sum, { findings }) => sum + findings.length, 0)
    const left = count(all) - count(checked)
    if (format === 'text') {
      for (const row of textReport(checked, io, { many, quiet: line.has('quiet'), ignored: left }))
        io.out(row)
    } else if (format === 'github') for (const row of githubReport(checked)) io.out(row)
    else io.out(json(io, format === 'json' ? jsonReport(checked, left) : sarifLog(checked, version())))
    const fails = ({ severity }: Finding) => severities.indexOf(severity) <= worst
    return checked.some(({ findings }) => findings.some(fails)) ? 4 : 0
  },
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version
}
