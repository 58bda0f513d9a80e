import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,apps}/*/{src,test}/**/*.test.{ts,tsx}', '{house,cli,bench,lab}/**/*.test.ts'],
    globalSetup: ['house/test-databases.ts'],
    setupFiles: ['house/leak-check.ts'],
    pool: 'forks',
    // Most of a scenario is waiting for servers and panels: with one file a core, two cores stand idle.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    // A deadline, not a measure: a busy machine takes its time.
    expect: { poll: { timeout: 15_000 } },
  },
})
