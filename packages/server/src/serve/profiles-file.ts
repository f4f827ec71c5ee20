import { readFileSync } from 'node:fs'
import { type Draft, openDraft } from '../base/files.ts'

/*
 * The file that generated access keys go to, JSON, mode 0600; `keyward call --as NAME` reads it:
 *
 *   {"endpoint": URL, "profiles": {NAME: {"account", "user", "label",
 *     "accountUid", "domainId", "projectId", "accessKeyId", "accessKeySecret"}}}
 */

/** A generated key as the operation ApplyWorld tells it, once. */
export interface GeneratedCredential {
  readonly Account: string
  readonly AccountUid: string
  readonly DomainId: string
  readonly ProjectId: string
  /** Empty for the root of the account. */
  readonly User: string
  readonly Label: string
  readonly AccessKeyId: string
  readonly AccessKeySecret: string
}

interface Profile {
  readonly account: string
  readonly user: string
  readonly label: string
  readonly accountUid: string
  readonly domainId: string
  readonly projectId: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

/** A profiles file about to be written: opened before the keys are made, so that none is made in vain. */
export interface ProfilesDraft {
  /**
   * Adds or replaces profiles and puts the file in place, durable and readable by its owner alone. Answers their names.
   * With nothing to add the file stays as it was. Throws an Error with a sentence when the disk refuses.
   */
  commit(endpoint: string, generated: readonly GeneratedCredential[]): readonly string[]
  discard(): void
}

/** Opens a draft beside the file. Throws an Error with a sentence when the folder cannot be written or the file not read. */
export function draftProfiles(file: string): ProfilesDraft {
  const profiles = readProfiles(file)
  let draft: Draft
  try {
    draft = openDraft(file)
  } catch (error) {
    throw new Error(
      `credentials file \`${file}\` cannot be written: ${(error as NodeJS.ErrnoException).code}`,
    )
  }
  return {
    discard: draft.discard,
    commit(endpoint, generated) {
      if (generated.length === 0) {
        draft.discard()
        return []
      }
      const names = generated.map((one) => {
        const name = nameFor(one, profiles)
        profiles[name] = profileOf(one)
        return name
      })
      try {
        draft.write(`${JSON.stringify({ endpoint, profiles }, null, 2)}\n`)
        draft.replace()
      } catch (error) {
        draft.discard()
        const ids = generated.map((one) => one.AccessKeyId).join(', ')
        throw new Error(
          `the world was applied, but the secrets of ${ids} could not be written to \`${file}\` (${(error as NodeJS.ErrnoException).code}) and are lost: take these keys out of the world file, apply it with --prune, and add them again`,
        )
      }
      return names
    },
  }
}

function readProfiles(file: string): Record<string, Profile> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).profiles ?? {}
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return {}
    throw new Error(`credentials file \`${file}\` ${code ? `cannot be read: ${code}` : 'is not JSON'}`)
  }
}

function profileOf(one: GeneratedCredential): Profile {
  return {
    account: one.Account,
    user: one.User,
    label: one.Label,
    accountUid: one.AccountUid,
    domainId: one.DomainId,
    projectId: one.ProjectId,
    accessKeyId: one.AccessKeyId,
    accessKeySecret: one.AccessKeySecret,
  }
}

/** The user's name where it is free or already this key's, else the name with its label, else with its account too. */
function nameFor(one: GeneratedCredential, taken: Readonly<Record<string, Profile>>): string {
  const short = one.User || `${one.Account}-root`
  const isFree = (name: string) => {
    if (!Object.hasOwn(taken, name)) return true
    const { accountUid, user, label } = taken[name]!
    return accountUid === one.AccountUid && user === one.User && label === one.Label
  }
  return [short, `${short}/${one.Label}`].find(isFree) ?? `${one.Account}/${short}/${one.Label}`
}
