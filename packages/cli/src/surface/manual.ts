import type { Command, Entry } from '../command.ts'
import { exitCodes } from '../exit.ts'
import { type Shown, shownCommands } from './tables.ts'

/** Prints the manual page, made from the tables that the help is made from. */
export const manualOf = (commands: Readonly<Record<string, Entry>>): Command => ({
  name: 'manual',
  usage: '',
  about:
    'Prints keyward(1), the manual page, in the form that `man` reads. The published package brings it: `man keyward` shows it where the package is installed with `npm install --global`.',
  examples: [['keyward manual | man -l -', 'read it']],
  flags: [],
  words: [0, 0],
  async run(_line, io) {
    io.out(manualPage(await shownCommands(commands)))
    return 0
  },
})

/** The page in the language of man(7). */
export function manualPage(commands: readonly Shown[]): string {
  const codes = Object.entries(exitCodes).flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning)])
  return [
    '.TH KEYWARD 1',
    '.SH NAME',
    'keyward \\- keys, secrets and SSH key pairs behind policies',
    '.SH SYNOPSIS',
    '.B keyward',
    '.I COMMAND',
    '[\\fIFLAGS\\fR]',
    '.SH DESCRIPTION',
    text(
      'Keyward serves keys, secrets and SSH key pairs on the wires that cloud SDKs speak; no operation runs until a policy has allowed it. `keyward help COMMAND` shows each of these sections alone.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH EXIT STATUS',
    ...codes,
    '.SH ENVIRONMENT',
    '.TP',
    '.B KEYWARD_...',
    text('Every setting of `keyward serve` is also a variable: keyward help serve.'),
    '.TP',
    '.B NO_COLOR\\fR, \\fBFORCE_COLOR\\fR, \\fBTERM=dumb',
    text('No colours, colours also where nobody reads, and no colours.'),
  ].join('\n')
}

function section({ name, usage, about, examples, flags }: Shown): string[] {
  return [
    `.SS keyward ${text(name)}`,
    `.B keyward ${text(name)}`,
    text(usage),
    ...about.split('\n').flatMap((paragraph) => (paragraph.trim() === '' ? [] : ['.PP', text(paragraph)])),
    ...flags.flatMap((flag) => [
      '.TP',
      `.B \\-\\-${text(flag.name)}${flag.value ? ` \\fI${text(flag.value)}\\fR` : ''}`,
      text(flag.description),
    ]),
    ...(examples.length > 0 ? ['.PP', 'Examples:'] : []),
    ...examples.flatMap(([line, comment]) => ['.TP', text(comment), `.B ${text(line)}`]),
  ].filter((line) => line !== '')
}

/** A text in which nothing is taken for a command of the page. */
function text(plain: string): string {
  const escaped = plain.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq')
  return escaped.replace(/^(?=[.'])/gm, '\\&')
}
