import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { StationError } from '../errors.ts'

/** The parsed file; null when there is none. Rejects FOLDER_UNUSABLE for one that is damaged. */
export function readJsonFile<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new StationError('FOLDER_UNUSABLE', `${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    // The cause may quote secrets; it is left out on purpose.
    throw new StationError('FOLDER_UNUSABLE', `${path} is damaged. Restore it from a backup, or use another folder.`)
  }
}

/** Written beside, flushed and renamed: after a crash there is the old file or the new one, whole. Readable by us only. */
export function writeJsonFile(path: string, content: unknown): void {
  const draft = `${path}.draft`
  try {
    const file = openSync(draft, 'w', 0o600)
    try {
      writeSync(file, `${JSON.stringify(content, null, 2)}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, path)
    const folder = openSync(dirname(path), 'r')
    fsyncSync(folder)
    closeSync(folder)
  } catch (cause) {
    throw new StationError('FOLDER_UNUSABLE', `${path} cannot be written: ${(cause as Error).message}`, { cause })
  }
}
