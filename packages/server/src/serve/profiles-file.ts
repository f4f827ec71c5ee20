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
   * Adds profiles for new keys, takes those of deleted keys away, and puts the file in place, durable and readable by its
   * owner alone. Answers the names of the new ones. With nothing to change the file stays as it was. Throws an Error with a
   * sentence when the disk refuses.
   *
   * The plain name of a user is their newest key. One that was there before goes by its label too, `alice/laptop`.
   */
  commit(
    endpoint: string,
    generated: readonly GeneratedCredential[],
    deleted?: readonly string[],
  ): readonly string[]
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
    commit(endpoint, generated, deleted = []) {
      const dead = Object.values(profiles).some(({ accessKeyId }) => deleted.includes(accessKeyId))
      if (generated.length === 0 && !dead) {
        draft.discard()
        return []
      }
      takeAway(profiles, deleted)
      const names = addProfiles(profiles, generated)
      try {
        draft.write(`${JSON.stringify({ endpoint, profiles }, null, 2)}\n`)
        draft.replace()
      } catch (error) {
        draft.discard()
        const { code } = error as NodeJS.ErrnoException
        if (generated.length === 0)
          throw new Error(`the world was applied, but \`${file}\` could not be written: ${code}`)
        const ids = generated.map((one) => one.AccessKeyId).join(', ')
        throw new Error(
          `the world was applied, but the secrets of ${ids} could not be written to \`${file}\` (${code}) and are lost: take these keys out of the world file, apply it with --prune, and add them again`,
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

type Profiles = Record<string, Profile>

const isOfUser = (one: Profile, { accountUid, user }: Profile) =>
  one.accountUid === accountUid && one.user === user

const plainName = ({ account, user }: Profile) => user || `${account}-root`

/** Takes the profiles of deleted keys away. Where one had the plain name of its user, another key of theirs gets it. */
function takeAway(profiles: Profiles, deleted: readonly string[]): void {
  for (const [name, profile] of Object.entries(profiles)) {
    if (!deleted.includes(profile.accessKeyId)) continue
    delete profiles[name]
    if (name !== plainName(profile)) continue
    const others = Object.entries(profiles).filter(
      ([, one]) => isOfUser(one, profile) && !deleted.includes(one.accessKeyId),
    )
    const [longer, newest] = others.at(-1) ?? []
    if (longer === undefined || newest === undefined) continue
    delete profiles[longer]
    profiles[name] = newest
  }
}

/** Adds profiles for new keys. Of several keys of one user, the first gets the plain name. */
function addProfiles(profiles: Profiles, generated: readonly GeneratedCredential[]): readonly string[] {
  const names: string[] = []
  for (const profile of generated.map(profileOf)) {
    for (const [name, one] of Object.entries(profiles))
      if (isOfUser(one, profile) && one.label === profile.label && name !== plainName(profile))
        delete profiles[name]
    const plain = plainName(profile)
    const present = Object.hasOwn(profiles, plain) ? profiles[plain] : undefined
    let name = plain
    if (present && (names.includes(plain) || !isOfUser(present, profile))) name = longName(profile, profiles)
    else if (present && present.label !== profile.label) profiles[longName(present, profiles)] = present
    profiles[name] = profile
    names.push(name)
  }
  return names
}

/** The user's name with the label of the key where that is free, else with the account too. */
function longName(profile: Profile, taken: Profiles): string {
  const name = `${plainName(profile)}/${profile.label}`
  return Object.hasOwn(taken, name) ? `${profile.account}/${name}` : name
}
