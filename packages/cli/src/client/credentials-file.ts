import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { failed } from '../exit.ts'
import { type Profile, readJson } from './profile.ts'

/** A profile with whose key it is, so that a later apply finds its place again. */
export interface StoredProfile extends Profile {
  readonly account: string
  /** Empty for the root of the account. */
  readonly user: string
  readonly label: string
}

/** A credentials file about to be written: opened before the keys are made, so that none is made in vain. */
export interface CredentialsDraft {
  /** Adds or replaces profiles and puts the file in place, durable and readable by its owner alone. Answers their names. */
  commit(endpoint: string, profiles: readonly StoredProfile[]): readonly string[]
  discard(): void
}

/** Opens the draft beside the file. Stops with a sentence when the folder cannot be written or the file not read. */
export function draftCredentials(file: string): CredentialsDraft {
  const content = existsSync(file) ? readJson(file, '') : {}
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  let fd: number
  try {
    fd = openSync(draft, 'wx', 0o600)
  } catch (error) {
    throw failed(`credentials file \`${file}\` cannot be written: ${(error as NodeJS.ErrnoException).code}`)
  }
  return {
    commit(endpoint, added) {
      const profiles = { ...(content.profiles as Record<string, StoredProfile> | undefined) }
      const names = added.map((profile) => {
        const name = nameFor(profile, profiles)
        profiles[name] = profile
        return name
      })
      writeSync(fd, `${JSON.stringify({ endpoint, profiles }, null, 2)}\n`)
      fsyncSync(fd)
      closeSync(fd)
      renameSync(draft, file)
      return names
    },
    discard() {
      closeSync(fd)
      rmSync(draft, { force: true })
    },
  }
}

/** The user's name where it is free or already this key's, else the name with its label, else with its account too. */
function nameFor(profile: StoredProfile, taken: Readonly<Record<string, StoredProfile>>): string {
  const { account, user, label } = profile
  const short = user || `${account}-root`
  const names = [short, `${short}/${label}`]
  return (
    names.find((name) => !Object.hasOwn(taken, name) || isSame(taken[name]!, profile)) ??
    `${account}/${short}/${label}`
  )
}

function isSame(one: StoredProfile, other: StoredProfile): boolean {
  return one.accountUid === other.accountUid && one.user === other.user && one.label === other.label
}
