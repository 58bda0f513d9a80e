import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DataFolder, openDataFolder } from '../src/data-folder/data-folder.ts'

const FIRST = { version: '0.1.0', demo: true, panels: 5 }
let base: string
const open: DataFolder[] = []

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'stam-folder-'))
})
afterEach(async () => {
  for (const folder of open.splice(0)) await folder.close()
  rmSync(base, { recursive: true, force: true })
})

async function openFolder(path = join(base, 'data')): Promise<DataFolder> {
  const folder = await openDataFolder(path, FIRST)
  open.push(folder)
  return folder
}

test('the first start makes secrets only we can read, the next one finds them', async () => {
  const first = await openFolder()
  expect(first.fresh).toBe(true)
  expect(statSync(first.at('secrets.json')).mode & 0o777).toBe(0o600)
  first.saveSecrets({ passwords: { 'anna@stam.local': 'hk4m-x7pd-aaaa' } })
  first.saveManifest({ panels: 7 })
  await first.close()
  const again = await openFolder()
  expect(again.fresh).toBe(false)
  expect(again.manifest.panels).toBe(7)
  expect(again.secrets).toEqual(first.secrets)
})

test('a folder in use is refused, also through another name for it, and free again afterwards', async () => {
  const first = await openFolder()
  symlinkSync(first.path, join(base, 'alias'))
  await expect(openFolder()).rejects.toMatchObject({ code: 'FOLDER_IN_USE' })
  await expect(openFolder(join(base, 'alias'))).rejects.toMatchObject({ code: 'FOLDER_IN_USE' })
  await first.close()
  await openFolder()
})

test('a station that was killed leaves no lock', async () => {
  const path = join(base, 'data')
  const script = `
    import { openDataFolder } from ${JSON.stringify(join(import.meta.dirname, '../src/data-folder/data-folder.ts'))}
    await openDataFolder(${JSON.stringify(path)}, ${JSON.stringify(FIRST)})
    console.log('open')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await child.stdout.take(1).toArray()
  await expect(openFolder()).rejects.toMatchObject({ code: 'FOLDER_IN_USE' })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
  expect((await openFolder()).fresh).toBe(false)
})

test('a folder of something else is refused and left alone', async () => {
  mkdirSync(join(base, 'data'))
  writeFileSync(join(base, 'data/thesis.txt'), 'years of work')
  await expect(openFolder()).rejects.toMatchObject({ code: 'FOLDER_NOT_OURS' })
  expect(readFileSync(join(base, 'data/thesis.txt'), 'utf8')).toBe('years of work')
})

test('a folder of a newer version is refused with its version', async () => {
  const folder = await openFolder()
  await folder.close()
  const manifest = JSON.parse(readFileSync(folder.at('station.json'), 'utf8')) as object
  writeFileSync(folder.at('station.json'), JSON.stringify({ ...manifest, format: 2, version: '9.9.9' }))
  await expect(openFolder()).rejects.toMatchObject({
    code: 'FOLDER_OF_NEWER_VERSION',
    message: expect.stringContaining('9.9.9'),
  })
})

test('a damaged file is refused without repeating what is in it', async () => {
  const folder = await openFolder()
  await folder.close()
  writeFileSync(folder.at('secrets.json'), '{"encryption_key":"hunter2')
  const problem = await openFolder().catch((error: Error) => error)
  expect(problem).toMatchObject({ code: 'FOLDER_UNUSABLE', message: expect.stringContaining('damaged') })
  expect(String((problem as Error).stack)).not.toContain('hunter2')
})

test('a file where the folder should be is refused', async () => {
  writeFileSync(join(base, 'data'), '')
  await expect(openFolder()).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' })
})

test('a first start that died between secrets and manifest goes on with the secrets it had', async () => {
  const folder = await openFolder()
  await folder.close()
  rmSync(folder.at('station.json'))
  expect((await openFolder()).secrets).toEqual(folder.secrets)
})
