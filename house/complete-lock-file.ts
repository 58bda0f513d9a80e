/** `npm run lock`: after every change of dependencies, so that a fresh clone installs on every platform. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { completeLockFile, type LockFile } from './lock-file.ts'

const path = join(import.meta.dirname, '../package-lock.json')
const text = readFileSync(path, 'utf8')
const completed = `${JSON.stringify(completeLockFile(JSON.parse(text) as LockFile), null, 2)}\n`
if (completed !== text) writeFileSync(path, completed)
