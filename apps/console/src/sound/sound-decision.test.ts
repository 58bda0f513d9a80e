import { describe, expect, test } from 'vitest'
import { sampleAlarm, someone } from '../../test/sample-alarm.ts'
import {
  chimeGapMs,
  chimes,
  decideSound,
  longestMuteMs,
  remainingMute,
  rings,
  type SoundFacts,
} from './sound-decision.ts'

const now = 5_000_000
const facts: SoundFacts = { ringing: false, chime: false, mutedUntil: null, speaker: true, lastChimeAt: null }

describe('which alarm sounds', () => {
  test.each([
    ['a new critical', {}, true],
    ['claimed by anyone', { status: 'IN_PROGRESS', handler: someone }, false],
    ['released again', { status: 'NEW', handler: null, version: 3 }, true],
    ['in service mode', { service_mode: true }, false],
    ['on test', { test_mode: true }, false],
    ['a warning', { priority: 'WARNING' }, false],
  ] as const)('the siren: %s', (_, change, expected) => expect(rings(sampleAlarm(1, change))).toBe(expected))

  test.each([
    ['a new warning', { priority: 'WARNING' }, true],
    ['a warning somebody has', { priority: 'WARNING', status: 'IN_PROGRESS' }, false],
    ['a warning in service mode', { priority: 'WARNING', service_mode: true }, false],
    ['an information', { priority: 'INFO' }, false],
  ] as const)('the chime: %s', (_, change, expected) => expect(chimes(sampleAlarm(1, change))).toBe(expected))
})

describe('what is heard', () => {
  test.each([
    ['nothing to say', {}, { siren: false, chime: false }],
    ['critical: until claimed', { ringing: true }, { siren: true, chime: false }],
    ['warning: once', { chime: true }, { siren: false, chime: true }],
    ['the siren covers a warning', { ringing: true, chime: true }, { siren: true, chime: false }],
    ['another window is the speaker', { ringing: true, chime: true, speaker: false }, { siren: false, chime: false }],
    ['muted', { ringing: true, mutedUntil: now + 60_000 }, { siren: false, chime: false }],
    ['the mute is over', { ringing: true, mutedUntil: now }, { siren: true, chime: false }],
    [
      'a mute longer than allowed is none',
      { ringing: true, mutedUntil: now + longestMuteMs + 1 },
      { siren: true, chime: false },
    ],
    ['chimes keep their distance', { chime: true, lastChimeAt: now - chimeGapMs + 1 }, { siren: false, chime: false }],
    ['and come back', { chime: true, lastChimeAt: now - chimeGapMs }, { siren: false, chime: true }],
  ] as const)('%s', (_, change, expected) => expect(decideSound({ ...facts, ...change }, now)).toEqual(expected))
})

test('a mute runs down and never exceeds five minutes', () => {
  expect(remainingMute(null, now)).toBe(0)
  expect(remainingMute(now + 252_000, now)).toBe(252_000)
  expect(remainingMute(now + longestMuteMs, now)).toBe(longestMuteMs)
  expect(remainingMute(now - 1, now)).toBe(0)
})
