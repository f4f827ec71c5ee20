import { flagOf, type SettingRow, settingRows, variableOf } from './settings.ts'

/** The flags of `keyward serve` with their meaning, for a terminal of that many columns. */
export function settingsHelp(columns = 80): string {
  const rows: readonly SettingRow[] = settingRows
  return rows
    .map((row) => {
      const flag = [flagOf(row.name), row.value].filter(Boolean).join(' ')
      const facts = [row.default && `default ${row.default}`, variableOf(row.name)].filter(Boolean).join(', ')
      return `  ${flag}\n${wrap(`${row.description} [${facts}]`, columns, '      ')}`
    })
    .join('\n')
}

/** docs/settings.md. */
export function settingsPage(): string {
  const rows: readonly SettingRow[] = settingRows
  const table = rows.map((row) => {
    const flag = `\`${[flagOf(row.name), row.value].filter(Boolean).join(' ')}\``.replaceAll('|', '\\|')
    const standard = row.default ? `\`${row.default}\`` : row.type === 'switch' ? 'off' : 'not set'
    return `| ${flag} | \`${variableOf(row.name)}\` | ${row.notInFile ? 'no' : `\`${row.name}\``} | ${standard} | ${row.description} |`
  })
  return `# Settings

<!-- Made from packages/server/src/serve/settings.ts by \`npm run docs\`; do not edit. -->

Every setting of \`keyward serve\` can be given as a flag, as a variable or in the file that \`--config\` names. A flag
wins over a variable, a variable over the file, the file over the default. Anything that is not in this table is
refused: an unknown flag, an unknown \`KEYWARD_\` variable, an unknown name in the file. Relative paths start at the
working folder; those in a settings file start at the folder of that file.

| Flag | Variable | Name in the file | Default | Meaning |
|---|---|---|---|---|
${table.join('\n')}

A list is a list in the file, commas in a variable, and a repeated flag:

\`\`\`yaml
# keyward.yaml, used by: keyward serve --config keyward.yaml
listen: 0.0.0.0:7700
tls: self-signed
trusted-proxy: [10.0.0.0/8]
\`\`\`

## Refused together

| Combination | Why |
|---|---|
| plain HTTP and an address that other machines can reach, without \`--insecure-http\` | keys and plaintext would cross the network in clear |
| \`--test-clock\` and such an address, without \`--insecure-test-clock\` | a caller could move the clock over every expiry |
| \`--tls-cert\` without \`--tls-key\`, or the reverse; either beside \`--tls\` | it is unclear which certificate is meant |
| \`--tls-key-passphrase\` without \`--tls-key\` | it would open nothing |
| \`--tls-name\` without \`--tls self-signed\` | no certificate would have it |
| \`sqlite::memory:\` | it would be a file of that name |
| \`--tls-min\` without TLS | it would promise what is not there |
| \`--trusted-proxy 0.0.0.0/0\` or \`::/0\` | every client could claim any address |
| a private key of TLS, its passphrase, or a root key, that other users can read | it is no secret then |
`
}

function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${line} ${word}`
    else lines.push(`${indent}${word}`)
  }
  return lines.join('\n')
}
