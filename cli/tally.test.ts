import { expect, test } from 'vitest'
import { addTally, honestTally, playwrightTally, vitestTally } from './tally.ts'

test('a runner that ended badly never counts as clean', () => {
  expect(honestTally({ passed: 5, failed: 0 }, 0)).toEqual({ passed: 5, failed: 0 })
  expect(honestTally({ passed: 5, failed: 2 }, 1)).toEqual({ passed: 5, failed: 2 })
  expect(honestTally({ passed: 5, failed: 0 }, 1)).toEqual({ passed: 5, failed: 1 })
  expect(honestTally(null, 137)).toEqual({ passed: 0, failed: 1 })
})

test('a file that fails as a whole counts, its failed tests are not counted twice', () => {
  const report = {
    numPassedTests: 7,
    numFailedTests: 1,
    testResults: [
      { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
      { status: 'failed', assertionResults: [{ status: 'passed' }] },
      { status: 'failed', assertionResults: [] },
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
    ],
  }
  expect(vitestTally(report)).toEqual({ passed: 7, failed: 3 })
})

test('a browser test that needed a second try has failed', () => {
  expect(playwrightTally({ stats: { expected: 3, unexpected: 1, flaky: 1 }, errors: [{}] })).toEqual({
    passed: 3,
    failed: 3,
  })
})

test('tallies add up', () => {
  expect(addTally({ passed: 1, failed: 2 }, { passed: 3, failed: 4 })).toEqual({ passed: 4, failed: 6 })
})
