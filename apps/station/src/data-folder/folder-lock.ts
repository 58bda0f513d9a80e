import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import { StationError } from '../errors.ts'

/**
 * Takes a folder for this process. The lock is a name in Linux' abstract socket space: the kernel gives it to one process
 * and takes it back at its death, however it dies, so no file can be left behind. Rejects FOLDER_IN_USE.
 * @param realPath the folder without symbolic links
 * @returns gives it back
 */
export async function lockFolder(realPath: string): Promise<() => Promise<void>> {
  const name = `\0stam-station-${createHash('sha256').update(realPath).digest('hex')}`
  const holder = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    holder.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new StationError(
              'FOLDER_IN_USE',
              `${realPath} is in use by another station. Stop that one first, or use --data with another folder.`,
            )
          : cause,
      )
    })
    holder.listen(name, resolve)
  })
  holder.unref()
  return () => new Promise((resolve) => holder.close(() => resolve()))
}
