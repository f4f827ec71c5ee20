import { randomUUID } from 'node:crypto'
import { closeSync, constants, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/*
 * Files that are there whole or not at all, durable before a function returns: written as a draft beside their place,
 * synced, and given their name in one step.
 */

/** A file about to be written, opened: what keeps it from being written is known before there is anything to write. */
export interface Draft {
  write(content: string | Uint8Array): void
  /** Puts the draft in its place, whether there is a file or not. */
  replace(): void
  /** Puts the draft in its place. Throws with the code `EEXIST` when there is a file, and discards the draft. */
  publish(): void
  discard(): void
}

/** Opens a draft of a file. It is for its owner only, unless another mode is given. */
export function openDraft(file: string, mode = 0o600, path = `${file}.${randomUUID()}.draft`): Draft {
  const fd = openSync(path, 'wx', mode)
  let open = true
  const close = () => {
    if (open) closeSync(fd)
    open = false
  }
  const discard = () => {
    close()
    rmSync(path, { force: true })
  }
  const settle = (place: () => void) => {
    try {
      fsyncSync(fd)
      close()
      place()
    } catch (error) {
      discard()
      throw error
    }
  }
  return Object.freeze<Draft>({
    write(content) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    },
    replace: () => settle(() => moveFile(path, file)),
    publish: () => settle(() => publishFile(path, file)),
    discard,
  })
}

/** Writes a file, or another in its place. A draft that a process left behind when it died is overwritten. */
export function writeFileWhole(file: string, content: string | Uint8Array, mode?: number): void {
  const path = `${file}.draft`
  rmSync(path, { force: true })
  const draft = openDraft(file, mode, path)
  try {
    draft.write(content)
  } catch (error) {
    draft.discard()
    throw error
  }
  draft.replace()
}

/** As {@link writeFileWhole}, for large files: the event loop does not wait for the disk. */
export async function writeFileAside(file: string, content: Uint8Array, mode = 0o600): Promise<void> {
  const path = `${file}.draft`
  await rm(path, { force: true })
  const draft = await open(path, 'wx', mode)
  try {
    await draft.writeFile(content)
    await draft.sync()
  } finally {
    await draft.close()
  }
  await rename(path, file)
  const folder = await open(dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Gives a finished file another name; a file that has it is replaced. */
export function moveFile(from: string, to: string): void {
  renameSync(from, to)
  sync(dirname(to))
}

/** Syncs a finished file and gives it another name. Throws with the code `EEXIST` when a file has it: that one stays. */
export function publishFile(from: string, to: string): void {
  sync(from)
  linkSync(from, to)
  rmSync(from)
  sync(dirname(to))
}

/** Makes a file durable, or the entries of a folder: a new file survives a power cut only once its folder is synced too. */
function sync(path: string): void {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
