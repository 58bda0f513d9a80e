/** Checks that held and checks that did not. */
export interface Tally {
  readonly passed: number
  readonly failed: number
}

export const NOTHING: Tally = { passed: 0, failed: 0 }

export function addTally(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed }
}

/**
 * What a runner reported, made honest by how it ended: a runner that ended badly without a failed test (a crash, an error
 * outside any test, no report at all) counts as one failure.
 */
export function honestTally(reported: Tally | null, exitCode: number): Tally {
  const tally = reported ?? NOTHING
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally
}

/** Of vitest's JSON report (jest's format): tests, and files that failed although no test in them did. */
export function vitestTally(report: unknown): Tally {
  const { numPassedTests, numFailedTests, testResults } = report as {
    numPassedTests: number
    numFailedTests: number
    testResults: { status: string; assertionResults: { status: string }[] }[]
  }
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  return { passed: numPassedTests, failed: numFailedTests + brokenFiles }
}

/** Of Playwright's JSON report. `expected` passed; `flaky` needed a second try, which is a failure here. */
export function playwrightTally(report: unknown): Tally {
  const { stats, errors } = report as {
    stats: { expected: number; unexpected: number; flaky: number }
    errors?: unknown[]
  }
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + (errors?.length ?? 0) }
}
