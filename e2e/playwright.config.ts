import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { defineConfig } from '@playwright/test'
import { chromiumFlags, chromiumPath } from './config.ts'

const suffix = '.spec.ts'
const specs = readdirSync(import.meta.dirname).filter((file) => file.endsWith(suffix))

// One worker: two cores carry the system, the simulated panels and two browsers already.
export default defineConfig({
  testDir: '.',
  // A project each: a worker and its station never outlive a project, so that no file meets the alarms and the locks another one left.
  projects: specs.sort().map((file) => ({ name: basename(file, suffix), testMatch: file })),
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  retries: 0,
  reporter: [['line'], ['json', { outputFile: '../.stam/e2e-result.json' }]],
  outputDir: '../.stam/e2e-output',
  use: {
    viewport: { width: 1920, height: 1080 },
    launchOptions: { executablePath: chromiumPath, args: chromiumFlags },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
})
