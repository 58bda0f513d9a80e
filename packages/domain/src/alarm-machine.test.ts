import { type AlarmStatus, alarmStatuses, type Role } from '@stam/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AlarmInput,
  type AlarmInputType,
  type AlarmState,
  allowedActions,
  allowedFrom,
  joinableStatuses,
  type AlarmRefusal,
  transition,
} from './alarm-machine.ts'

const me = { id: 'me', role: 'OPERATOR' as Role }
const other = { id: 'other', role: 'OPERATOR' as Role }
const master = { id: 'boss', role: 'MASTER' as Role }
const NOTE = 'rozmowa z panem Kowalskim'

function alarm(status: AlarmStatus, patch: Partial<AlarmState> = {}): AlarmState {
  return {
    status,
    priority: 'WARNING',
    version: 7,
    transition_version: 7,
    decision_version: 7,
    handler_id: status === 'NEW' ? null : 'me',
    requires_note: false,
    test_mode: false,
    ...patch,
  }
}

const inputs = {
  claim: { type: 'claim', actor: me, version: 7 },
  release: { type: 'release', actor: me, version: 7 },
  take_over_supervisor: { type: 'take_over', actor: master, version: 7, handler_gone: false },
  take_over_operator: { type: 'take_over', actor: other, version: 7, handler_gone: false },
  take_over_gone: { type: 'take_over', actor: other, version: 7, handler_gone: true },
  ack: { type: 'ack', actor: me, version: 7, note: NOTE },
  resolve: { type: 'resolve', actor: me, version: 7 },
  close_real: { type: 'close', actor: me, version: 7, disposition: 'REAL', note: NOTE },
  close_false: { type: 'close', actor: me, version: 7, disposition: 'FALSE', note: NOTE },
  note: { type: 'note', actor: me, version: 7, note: 'krótka' },
  join: { type: 'join', enabled: false },
  join_retrigger: { type: 'join', enabled: true },
  auto_ack: { type: 'auto_ack' },
  auto_close: { type: 'auto_close', quiet: true },
  auto_close_early: { type: 'auto_close', quiet: false },
} as const satisfies Record<string, AlarmInput>
type Input = keyof typeof inputs
type Expected = AlarmStatus | AlarmRefusal

const no = 'ALARM_INVALID_STATE'
const taken = 'ALARM_ALREADY_CLAIMED'

/** Spec 02 "Life of an alarm", every cell. Alarms here are WARNING, in the hands of `me` unless NEW. */
const table: Record<AlarmStatus, Record<Input, Expected>> = {
  NEW: {
    claim: 'IN_PROGRESS',
    release: no,
    take_over_supervisor: no,
    take_over_operator: no,
    take_over_gone: no,
    ack: no,
    resolve: no,
    close_real: no,
    close_false: no,
    note: 'NEW',
    join: 'NEW',
    join_retrigger: 'NEW',
    auto_ack: no,
    auto_close: 'CLOSED',
    auto_close_early: no,
  },
  IN_PROGRESS: {
    claim: taken,
    release: 'NEW',
    take_over_supervisor: 'IN_PROGRESS',
    take_over_operator: 'FORBIDDEN',
    take_over_gone: 'IN_PROGRESS',
    ack: 'ACK',
    resolve: no,
    close_real: no,
    close_false: 'CLOSED',
    note: 'IN_PROGRESS',
    join: 'IN_PROGRESS',
    join_retrigger: 'IN_PROGRESS',
    auto_ack: no,
    auto_close: no,
    auto_close_early: no,
  },
  ACK: {
    claim: no,
    release: no,
    take_over_supervisor: no,
    take_over_operator: no,
    take_over_gone: no,
    ack: no,
    resolve: 'RESOLVED',
    close_real: 'CLOSED',
    close_false: 'CLOSED',
    note: 'ACK',
    join: 'ACK',
    join_retrigger: 'NEW',
    auto_ack: no,
    auto_close: no,
    auto_close_early: no,
  },
  RESOLVED: {
    claim: no,
    release: no,
    take_over_supervisor: no,
    take_over_operator: no,
    take_over_gone: no,
    ack: no,
    resolve: no,
    close_real: 'CLOSED',
    close_false: 'CLOSED',
    note: 'RESOLVED',
    join: no,
    join_retrigger: no,
    auto_ack: no,
    auto_close: no,
    auto_close_early: no,
  },
  CLOSED: {
    claim: no,
    release: no,
    take_over_supervisor: no,
    take_over_operator: no,
    take_over_gone: no,
    ack: no,
    resolve: no,
    close_real: no,
    close_false: no,
    note: no,
    join: no,
    join_retrigger: no,
    auto_ack: no,
    auto_close: no,
    auto_close_early: no,
  },
}

describe('the life of an alarm', () => {
  for (const status of alarmStatuses) {
    for (const name of Object.keys(inputs) as Input[]) {
      it(`${status} on ${name}: ${table[status][name]}`, () => {
        const before = alarm(status)
        const outcome = transition(before, inputs[name])
        expect(outcome.ok ? outcome.next.status : outcome.refused).toBe(table[status][name])
        if (outcome.ok) expect(outcome.next.version).toBe(8)
      })
    }
  }

  it('is INFO before the clock may acknowledge it', () => {
    for (const priority of ['CRITICAL', 'WARNING', 'INFO'] as const) {
      expect(transition(alarm('NEW', { priority }), inputs.auto_ack).ok).toBe(priority === 'INFO')
    }
  })

  it('is never closed by a clock when it is CRITICAL, except on a site on test', () => {
    expect(transition(alarm('NEW', { priority: 'CRITICAL' }), inputs.auto_close).ok).toBe(false)
    const drill = transition(alarm('NEW', { priority: 'CRITICAL', test_mode: true }), inputs.auto_close)
    expect(drill.ok && drill.effects.disposition).toBe('TEST')
  })

  it('takes handler and times along', () => {
    const claimed = transition(alarm('NEW'), inputs.claim)
    expect(claimed.ok && claimed.next.handler_id).toBe('me')
    expect(claimed.ok && claimed.effects.stamp).toBe('claimed_at')
    const released = transition(alarm('IN_PROGRESS'), inputs.release)
    expect(released.ok && released.next.handler_id).toBe(null)
    const taken = transition(alarm('IN_PROGRESS'), inputs.take_over_supervisor)
    expect(taken.ok && taken.next.handler_id).toBe('boss')
    const again = transition(alarm('ACK'), inputs.join_retrigger)
    expect(again.ok && [again.next.handler_id, again.effects.clear]).toEqual([null, ['claimed_at', 'acked_at']])
  })
})

describe('notes', () => {
  const cases: [string, AlarmState, AlarmInput, string][] = [
    ['ack without', alarm('IN_PROGRESS'), { ...inputs.ack, note: undefined }, 'NOTE_REQUIRED'],
    ['ack with blanks', alarm('IN_PROGRESS'), { ...inputs.ack, note: '            ' }, 'NOTE_REQUIRED'],
    ['ack with nine', alarm('IN_PROGRESS'), { ...inputs.ack, note: ' żółtawy12 ' }, 'NOTE_TOO_SHORT'],
    ['ack with ten', alarm('IN_PROGRESS'), { ...inputs.ack, note: 'żółtawy123' }, 'ACK'],
    ['false alarm without', alarm('IN_PROGRESS'), { ...inputs.close_false, note: undefined }, 'NOTE_REQUIRED'],
    ['false alarm with few', alarm('IN_PROGRESS'), { ...inputs.close_false, note: 'nic' }, 'NOTE_TOO_SHORT'],
    ['close of an acknowledged one without', alarm('ACK'), { ...inputs.close_real, note: undefined }, 'CLOSED'],
    [
      'close of an acknowledged one that requires a note',
      alarm('ACK', { requires_note: true }),
      { ...inputs.close_real, note: undefined },
      'NOTE_REQUIRED',
    ],
    [
      'close of a resolved one that requires a note, with nine',
      alarm('RESOLVED', { requires_note: true }),
      { ...inputs.close_real, note: '123456789' },
      'NOTE_TOO_SHORT',
    ],
    ['close of a resolved one without', alarm('RESOLVED'), { ...inputs.close_real, note: undefined }, 'CLOSED'],
    ['resolve without', alarm('ACK', { requires_note: true }), inputs.resolve, 'RESOLVED'],
    ['empty note', alarm('ACK'), { ...inputs.note, note: ' ' }, 'NOTE_REQUIRED'],
  ]
  for (const [name, state, input, expected] of cases) {
    it(`${name}: ${expected}`, () => {
      const outcome = transition(state, input)
      expect(outcome.ok ? outcome.next.status : outcome.refused).toBe(expected)
    })
  }
})

describe('versions', () => {
  const joinedSince = alarm('NEW', { version: 9, transition_version: 7, decision_version: 9 })

  it('refuses a stale one with what is possible now', () => {
    const outcome = transition(alarm('ACK'), { ...inputs.resolve, version: 6 })
    expect(outcome).toEqual({ ok: false, refused: 'ALARM_STALE_VERSION', allowed: ['resolve', 'close', 'note'] })
    expect(transition(alarm('NEW'), { ...inputs.claim, version: 6 })).toMatchObject({ refused: 'ALARM_STALE_VERSION' })
    expect(transition(alarm('NEW'), { ...inputs.claim, version: 8 })).toMatchObject({ refused: 'ALARM_STALE_VERSION' })
  })

  it('lets people claim while events keep joining', () => {
    expect(transition(joinedSince, { ...inputs.claim, version: 7 })).toMatchObject({ ok: true })
    expect(transition(joinedSince, { ...inputs.claim, version: 6 })).toMatchObject({ ok: false })
  })

  it('does not let people finish what has gained events they have not seen', () => {
    const acked = alarm('ACK', { version: 9, transition_version: 7, decision_version: 9 })
    expect(transition(acked, { ...inputs.close_real, version: 7 })).toMatchObject({ refused: 'ALARM_STALE_VERSION' })
    const mine = alarm('IN_PROGRESS', { version: 9, transition_version: 7, decision_version: 9 })
    expect(transition(mine, { ...inputs.ack, version: 8 })).toMatchObject({ refused: 'ALARM_STALE_VERSION' })
  })

  it('lets people finish what has only been completed since, and no version before or after that', () => {
    const completedSince = { version: 9, transition_version: 6, decision_version: 7 }
    const finishing: Record<'ack' | 'resolve' | 'close_real', AlarmStatus> = {
      ack: 'IN_PROGRESS',
      resolve: 'ACK',
      close_real: 'ACK',
    }
    for (const [name, status] of Object.entries(finishing)) {
      for (const [version, fits] of Object.entries({ 5: false, 6: false, 7: true, 8: true, 9: true, 10: false })) {
        const input = { ...inputs[name as keyof typeof finishing], version: Number(version) }
        const outcome = transition(alarm(status, completedSince), input)
        expect(outcome.ok, `${name} over ${version}`).toBe(fits)
        if (outcome.ok)
          expect(outcome.next).toMatchObject({ version: 10, transition_version: 10, decision_version: 10 })
        else expect(outcome.refused).toBe('ALARM_STALE_VERSION')
      }
    }
    const joined = transition(alarm('ACK', completedSince), { type: 'join', enabled: false })
    expect(joined).toMatchObject({ ok: true, next: { version: 10, transition_version: 6, decision_version: 10 } })
  })
})

describe('people', () => {
  it('without the right to write may do nothing', () => {
    for (const role of ['TECHNICIAN', 'FIELD_WORKER', 'SYSTEM_WORKER'] as const) {
      expect(transition(alarm('NEW'), { ...inputs.claim, actor: { id: 'x', role } })).toEqual({
        ok: false,
        refused: 'FORBIDDEN',
        allowed: [],
      })
    }
  })

  it('leave an alarm in a colleague’s hands alone', () => {
    for (const input of [inputs.release, inputs.ack, inputs.close_false]) {
      expect(transition(alarm('IN_PROGRESS'), { ...input, actor: other })).toMatchObject({
        refused: 'ALARM_ALREADY_CLAIMED',
        allowed: ['note'],
      })
    }
    expect(transition(alarm('IN_PROGRESS'), { ...inputs.ack, actor: master })).toMatchObject({
      refused: 'ALARM_ALREADY_CLAIMED',
      allowed: ['take_over', 'note'],
    })
  })

  it('are offered exactly what they may do', () => {
    const everything = Object.values(inputs).filter((input) => 'actor' in input)
    for (const status of alarmStatuses) {
      for (const actor of [me, other, master, { id: 't', role: 'TECHNICIAN' as Role }]) {
        for (const gone of [false, true]) {
          const offered = allowedActions(alarm(status), actor, gone)
          const possible = everything
            .map((input) => ({ ...input, actor, ...(input.type === 'take_over' ? { handler_gone: gone } : {}) }))
            .filter((input) => transition(alarm(status), input as AlarmInput).ok)
          expect([...offered].sort()).toEqual([...new Set(possible.map((input) => input.type))].sort())
        }
      }
    }
  })
})

const anyInput: fc.Arbitrary<AlarmInput> = fc.oneof(
  fc.constantFrom(...Object.values(inputs)),
  fc.record({
    type: fc.constantFrom('claim', 'release', 'ack', 'resolve', 'note'),
    actor: fc.constantFrom(me, other, master),
    version: fc.integer({ min: 1, max: 30 }),
    note: fc.constantFrom(undefined, 'x', NOTE),
  }) as fc.Arbitrary<AlarmInput>,
)

describe('a random walk', () => {
  it('keeps the invariants of docs/machines/alarm.md', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('CRITICAL' as const, 'WARNING' as const, 'INFO' as const),
        fc.array(anyInput, { maxLength: 40 }),
        fc.boolean(),
        (priority, walk, current) => {
          let state = alarm('NEW', { priority, version: 1, transition_version: 1, decision_version: 1 })
          for (const step of walk) {
            const input = current && 'version' in step ? { ...step, version: state.version } : step
            const outcome = transition(state, input)
            if (!outcome.ok) continue
            const { next } = outcome
            expect(state.status).not.toBe('CLOSED')
            expect(next.version).toBe(state.version + 1)
            expect(next.transition_version).toBeLessThanOrEqual(next.decision_version)
            expect(next.decision_version).toBeLessThanOrEqual(next.version)
            expect(allowedFrom[input.type as AlarmInputType]).toContain(state.status)
            if (input.type === 'join') expect(joinableStatuses).toContain(state.status)
            if (next.status === 'NEW') expect(next.handler_id).toBe(null)
            if (next.status === 'IN_PROGRESS') expect(next.handler_id).not.toBe(null)
            if (next.status === 'ACK' && state.status !== 'ACK' && input.type !== 'auto_ack') {
              expect((outcome.effects.note ?? '').length).toBeGreaterThanOrEqual(10)
            }
            if (next.status === 'CLOSED') {
              expect(outcome.effects.disposition).toBeDefined()
              if (input.type === 'auto_close') expect(priority).not.toBe('CRITICAL')
            }
            expect([next.priority, next.requires_note, next.test_mode]).toEqual([priority, false, false])
            state = next
          }
        },
      ),
      { seed: 20_261_121, numRuns: 3000 },
    )
  })
})
