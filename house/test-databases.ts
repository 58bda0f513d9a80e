import { existsSync } from 'node:fs'
import { serveTestDatabases } from '@stam/testkit'
import type { TestProject } from 'vitest/node'

/** Global setup of every test run: databases with the present schema for whoever asks. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databases = await serveTestDatabases(async (url) => {
    const door = new URL('../packages/store/src/index.ts', import.meta.url)
    if (!existsSync(door)) return
    const { migrate } = (await import(door.href)) as { migrate(options: { url: string }): Promise<void> }
    await migrate({ url })
  })
  project.provide('testDatabases', databases.address)
  return () => databases.close()
}
