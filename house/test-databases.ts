import { serveTestDatabases } from '@stam/testkit'
import type { TestProject } from 'vitest/node'

/** Global setup of every test run: databases with the present schema for whoever asks. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const databases = await serveTestDatabases(async (target) => {
    // Loaded when the first file asks, so that runs of pure tests start at once.
    const { migrate } = await import('@stam/store')
    return migrate(target)
  })
  project.provide('testDatabases', databases.address)
  return () => databases.close()
}
