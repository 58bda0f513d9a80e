declare module 'vitest' {
  interface ProvidedContext {
    /** `address` of `serveTestDatabases`, provided by the global setup of the run. */
    testDatabases: string
  }
}

export interface TestDatabase {
  /** `postgres://…` of a superuser. */
  readonly url: string
  /** Drops it. Fails when somebody is still connected: a connection the test forgot to close. */
  close(): Promise<void>
}

export interface TestDatabaseOptions {
  /** False gives a database without any table, for tests of the migrations themselves. */
  readonly migrated?: boolean
}

/** A real PostgreSQL database of one's own with the present schema, in about 20 ms. One per test file, or per test. */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  // Loaded here, so that benchmarks and drills can use this package's servers outside a test run.
  const { inject } = await import('vitest')
  const address = inject('testDatabases')
  const url = await ask('POST', `${address}/${options.migrated === false ? 'empty' : 'migrated'}`)
  return {
    url,
    async close() {
      await ask('DELETE', `${address}${new URL(url).pathname}`)
    },
  }
}

async function ask(method: 'POST' | 'DELETE', address: string): Promise<string> {
  const response = await fetch(address, { method, headers: { connection: 'close' } })
  const text = await response.text()
  if (response.status === 409) throw new Error(`connections are still open to the test database:\n${text}`)
  if (!response.ok)
    throw new Error(`the test database could not be ${method === 'POST' ? 'made' : 'dropped'}:\n${text}`)
  return text
}
