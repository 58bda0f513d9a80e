declare module 'vitest' {
  interface ProvidedContext {
    /** `address` of `serveTestDatabases`, provided by the global setup of the run. */
    testDatabases: string
  }
}

export interface TestDatabase {
  /** `postgres://…` of a superuser: for migrations, and to look at or damage what the application may not. */
  readonly url: string
  /** `postgres://…` of a login with the application's rights only; what the code under test should use. */
  readonly appUrl: string
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
  const answer = await ask('POST', `${address}/${options.migrated === false ? 'empty' : 'migrated'}`)
  const { url, appUrl } = JSON.parse(answer) as { url: string; appUrl: string }
  return {
    url,
    appUrl,
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
