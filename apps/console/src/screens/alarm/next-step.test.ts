import type { AlarmStatus, HumanRole } from '@stam/contracts'
import { describe, expect, test } from 'vitest'
import { emptyDraft } from '../../data/drafts.ts'
import type { Me } from '../../data/me.ts'
import { sampleAlarm, someone } from '../../../test/sample-alarm.ts'
import { commandFor, dispositionOf, dispositionsFor, nextSteps, noteRule } from './next-step.ts'

const me = (role: HumanRole = 'OPERATOR'): Me => ({
  ...someone,
  email: '',
  role,
  language: 'pl',
  must_change_password: false,
  lock: { locked: false, pin_set: false, after_minutes: null },
  permissions: [],
})
const other = { id: '00000000-0000-4000-8000-0000000000bb', name: 'Jan Wójcik' }
const mine = (status: AlarmStatus) => sampleAlarm(1, { status, handler: status === 'NEW' ? null : someone })

describe('the next step is always one', () => {
  test.each([
    ['NEW', 'claim', [], null],
    ['IN_PROGRESS', 'ack', ['close', 'release'], null],
    ['ACK', 'resolve', ['close'], null],
    ['RESOLVED', 'close', [], null],
    ['CLOSED', null, [], 'closed'],
  ] as const)('%s', (status, primary, secondary, reason) => {
    expect(nextSteps(mine(status), me())).toMatchObject({ primary, secondary, reason })
  })

  test('somebody else’s alarm offers none to an operator, and taking over only aside to a supervisor', () => {
    const theirs = sampleAlarm(1, { status: 'IN_PROGRESS', handler: other })
    expect(nextSteps(theirs, me())).toMatchObject({ primary: null, secondary: [], reason: 'others', mayNote: true })
    expect(nextSteps(theirs, me('MASTER'))).toMatchObject({ primary: null, secondary: ['take_over'], reason: 'others' })
  })

  test('a technician looks on', () => {
    expect(nextSteps(mine('NEW'), me('TECHNICIAN'))).toEqual({
      primary: null,
      secondary: [],
      mayNote: false,
      reason: 'role',
    })
  })
})

describe('the rule of ten characters', () => {
  test.each([
    ['IN_PROGRESS', 'ack', 'za krótka', true, 1],
    ['IN_PROGRESS', 'ack', '  za krótka  ', true, 1],
    ['IN_PROGRESS', 'ack', 'wystarczy!', true, 0],
    ['IN_PROGRESS', 'close', '', true, 10],
    ['ACK', 'resolve', '', false, 0],
    ['ACK', 'close', '', false, 0],
    ['NEW', 'note', '', false, 1],
  ] as const)('%s · %s · "%s"', (status, what, note, required, missing) => {
    expect(noteRule(mine(status), what, note)).toMatchObject({ required, missing })
  })
  test('alarms that must not close without a word', () => {
    expect(noteRule({ status: 'ACK', requires_note: true }, 'close', '')).toMatchObject({ required: true, missing: 10 })
  })
  test('a letter outside the basic plane is one character', () =>
    expect(noteRule(mine('IN_PROGRESS'), 'ack', '🔔'.repeat(9)).missing).toBe(1))
})

describe('what it was', () => {
  test('unacknowledged, only what says that nothing really happened, and false unless said otherwise', () => {
    expect(dispositionsFor(mine('IN_PROGRESS'))).toEqual(['FALSE', 'TEST', 'TECHNICAL', 'USER_ERROR'])
    expect(dispositionOf(mine('IN_PROGRESS'), emptyDraft)).toBe('FALSE')
    expect(dispositionOf(mine('IN_PROGRESS'), { disposition: 'REAL' })).toBe('FALSE')
  })
  test('afterwards the operator has to say', () => {
    expect(dispositionOf(mine('RESOLVED'), emptyDraft)).toBeNull()
    expect(dispositionOf(mine('RESOLVED'), { disposition: 'REAL' })).toBe('REAL')
  })
})

describe('what is sent', () => {
  const draft = { ...emptyDraft, note: '  Kierowniczka podała hasło ' }
  test('a known false alarm: claimed, one note, closed', () => {
    expect(commandFor(mine('NEW'), 'claim', emptyDraft)).toEqual({ wanting: null, command: { type: 'claim' } })
    expect(commandFor(mine('IN_PROGRESS'), 'close', draft)).toEqual({
      wanting: null,
      command: { type: 'close', note: 'Kierowniczka podała hasło', disposition: 'FALSE' },
    })
  })
  test('nothing is sent that the server would refuse', () => {
    expect(commandFor(mine('IN_PROGRESS'), 'ack', { ...draft, note: 'krótka' })).toEqual({ wanting: 'note' })
    expect(commandFor(mine('RESOLVED'), 'close', draft)).toEqual({ wanting: 'disposition' })
    expect(commandFor(mine('ACK'), 'note', emptyDraft)).toEqual({ wanting: 'note' })
  })
})
