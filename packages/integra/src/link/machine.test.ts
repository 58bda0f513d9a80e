import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  backoffDelay,
  type LinkConfig,
  type LinkEffect,
  type LinkHistory,
  type LinkInput,
  type LinkState,
  startLink,
  stepLink,
} from './machine.ts'

const PLAIN: LinkConfig = { encrypted: false, push: true }
const ENCRYPTED: LinkConfig = { encrypted: true, push: true }
const FRESH: LinkHistory = { failures: 0, mute: 0, known: false, pollOnly: false }
const KNOWN: LinkHistory = { ...FRESH, known: true }

/** Every state that behaves differently. */
const STATES = {
  dialling: { phase: 'dialling', ...FRESH },
  listening: { phase: 'listening', ...FRESH },
  'identifying panel': { phase: 'identifying', step: 'panel', push: false, ...FRESH },
  'identifying module': { phase: 'identifying', step: 'module', push: false, ...KNOWN },
  'identifying clock': { phase: 'identifying', step: 'clock', push: false, ...KNOWN },
  'identifying clock, push': { phase: 'identifying', step: 'clock', push: true, ...KNOWN },
  'identifying subscribe': { phase: 'identifying', step: 'subscribe', push: true, ...KNOWN },
  'identifying states': { phase: 'identifying', step: 'states', push: true, ...KNOWN },
  ready: { phase: 'ready', push: true, ...KNOWN },
  waiting: { phase: 'waiting', reason: 'busy', ...FRESH },
  closed: { phase: 'closed', ...FRESH },
} as const satisfies Record<string, LinkState>
type StateName = keyof typeof STATES

const INPUTS = {
  connected: { type: 'connected' },
  dial_failed: { type: 'dial_failed', refused: false },
  'dial_failed, refused': { type: 'dial_failed', refused: true },
  quiet: { type: 'quiet' },
  busy: { type: 'busy' },
  plain_peer: { type: 'plain_peer' },
  bad_echo: { type: 'bad_echo' },
  answered: { type: 'answered', canPush: true },
  'answered, no push': { type: 'answered' },
  refused: { type: 'refused' },
  bad_answer: { type: 'bad_answer' },
  silent: { type: 'silent' },
  'peer_closed, nothing': { type: 'peer_closed', heard: 'nothing' },
  'peer_closed, noise': { type: 'peer_closed', heard: 'noise' },
  'peer_closed, frames': { type: 'peer_closed', heard: 'frames' },
  stable: { type: 'stable' },
  retry: { type: 'retry' },
  close: { type: 'close' },
} as const satisfies Record<string, LinkInput>
type InputName = keyof typeof INPUTS

/** Short form of a step: target, then effects. `.` stays where it is without effects. */
type Expected = string
const FAIL = (reason: string): Expected => `waiting ${reason}: drop wait`
const CLOSE: Expected = 'closed: drop'

const TABLE: Record<StateName, Record<InputName, Expected>> = {
  dialling: {
    connected: 'listening: listen',
    dial_failed: FAIL('unreachable'),
    'dial_failed, refused': FAIL('refused'),
    quiet: '.',
    busy: '.',
    plain_peer: '.',
    bad_echo: '.',
    answered: '.',
    'answered, no push': '.',
    refused: '.',
    bad_answer: '.',
    silent: '.',
    'peer_closed, nothing': FAIL('refused'),
    'peer_closed, noise': FAIL('refused'),
    'peer_closed, frames': FAIL('refused'),
    stable: '.',
    retry: '.',
    close: CLOSE,
  },
  listening: {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: 'identifying panel: ask panel',
    busy: FAIL('busy'),
    plain_peer: FAIL('mode_mismatch'),
    bad_echo: FAIL('wrong_key'),
    answered: '.',
    'answered, no push': '.',
    refused: '.',
    bad_answer: '.',
    silent: '.',
    'peer_closed, nothing': FAIL('closed_by_panel'),
    'peer_closed, noise': FAIL('mode_mismatch'),
    'peer_closed, frames': FAIL('closed_by_panel'),
    stable: '.',
    retry: '.',
    close: CLOSE,
  },
  'identifying panel': {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: '.',
    busy: FAIL('busy'),
    plain_peer: FAIL('mode_mismatch'),
    bad_echo: FAIL('wrong_key'),
    answered: 'identifying module: ask module',
    'answered, no push': 'identifying module: ask module',
    refused: FAIL('bad_identity'),
    bad_answer: FAIL('bad_identity'),
    silent: FAIL('silent'),
    'peer_closed, nothing': FAIL('closed_by_panel'),
    'peer_closed, noise': FAIL('mode_mismatch'),
    'peer_closed, frames': FAIL('closed_by_panel'),
    stable: '.',
    retry: '.',
    close: CLOSE,
  },
  'identifying module': {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: '.',
    busy: FAIL('busy'),
    plain_peer: FAIL('mode_mismatch'),
    bad_echo: FAIL('wrong_key'),
    answered: 'identifying clock push: ask clock',
    'answered, no push': 'identifying clock: ask clock',
    refused: 'identifying clock: ask clock',
    bad_answer: 'identifying clock: ask clock',
    // The module is older than 0x7C.
    silent: 'identifying clock: ask clock',
    'peer_closed, nothing': FAIL('closed_by_panel'),
    'peer_closed, noise': FAIL('closed_by_panel'),
    'peer_closed, frames': FAIL('closed_by_panel'),
    stable: '.',
    retry: '.',
    close: CLOSE,
  },
  'identifying clock': {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: '.',
    busy: FAIL('busy'),
    plain_peer: FAIL('mode_mismatch'),
    bad_echo: FAIL('wrong_key'),
    answered: 'identifying states: ask states',
    'answered, no push': 'identifying states: ask states',
    refused: FAIL('bad_identity'),
    bad_answer: FAIL('bad_identity'),
    silent: FAIL('silent'),
    'peer_closed, nothing': FAIL('closed_by_panel'),
    'peer_closed, noise': FAIL('closed_by_panel'),
    'peer_closed, frames': FAIL('closed_by_panel'),
    stable: '.',
    retry: '.',
    close: CLOSE,
  },
  'identifying clock, push': {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: '.',
    busy: FAIL('busy'),
    plain_peer: FAIL('mode_mismatch'),
    bad_echo: FAIL('wrong_key'),
    answered: 'identifying subscribe push: ask subscribe',
    'answered, no push': 'identifying subscribe push: ask subscribe',
    refused: FAIL('bad_identity'),
    bad_answer: FAIL('bad_identity'),
    silent: FAIL('silent'),
    'peer_closed, nothing': FAIL('closed_by_panel'),
    'peer_closed, noise': FAIL('closed_by_panel'),
    'peer_closed, frames': FAIL('closed_by_panel'),
    stable: '.',
    retry: '.',
    close: CLOSE,
  },
  'identifying subscribe': {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: '.',
    busy: FAIL('busy'),
    plain_peer: FAIL('mode_mismatch'),
    bad_echo: FAIL('wrong_key'),
    answered: 'identifying states push: ask states',
    'answered, no push': 'identifying states: ask states',
    refused: 'identifying states: ask states',
    bad_answer: 'identifying states: ask states',
    silent: FAIL('silent'),
    'peer_closed, nothing': FAIL('closed_by_panel'),
    'peer_closed, noise': FAIL('closed_by_panel'),
    'peer_closed, frames': FAIL('closed_by_panel'),
    stable: '.',
    retry: '.',
    close: CLOSE,
  },
  'identifying states': {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: '.',
    busy: FAIL('busy'),
    plain_peer: FAIL('mode_mismatch'),
    bad_echo: FAIL('wrong_key'),
    answered: 'ready push: serve',
    'answered, no push': 'ready push: serve',
    refused: FAIL('bad_identity'),
    bad_answer: FAIL('bad_identity'),
    silent: FAIL('silent'),
    'peer_closed, nothing': FAIL('closed_by_panel'),
    'peer_closed, noise': FAIL('closed_by_panel'),
    'peer_closed, frames': FAIL('closed_by_panel'),
    stable: '.',
    retry: '.',
    close: CLOSE,
  },
  ready: {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: '.',
    busy: '.',
    plain_peer: '.',
    bad_echo: FAIL('wrong_key'),
    answered: '.',
    'answered, no push': '.',
    refused: '.',
    bad_answer: '.',
    silent: FAIL('silent'),
    'peer_closed, nothing': FAIL('closed_by_panel'),
    'peer_closed, noise': FAIL('closed_by_panel'),
    'peer_closed, frames': FAIL('closed_by_panel'),
    stable: 'ready push:',
    retry: '.',
    close: CLOSE,
  },
  waiting: {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: '.',
    busy: '.',
    plain_peer: '.',
    bad_echo: '.',
    answered: '.',
    'answered, no push': '.',
    refused: '.',
    bad_answer: '.',
    silent: '.',
    'peer_closed, nothing': '.',
    'peer_closed, noise': '.',
    'peer_closed, frames': '.',
    stable: '.',
    retry: 'dialling: dial',
    close: CLOSE,
  },
  closed: {
    connected: '.',
    dial_failed: '.',
    'dial_failed, refused': '.',
    quiet: '.',
    busy: '.',
    plain_peer: '.',
    bad_echo: '.',
    answered: '.',
    'answered, no push': '.',
    refused: '.',
    bad_answer: '.',
    silent: '.',
    'peer_closed, nothing': '.',
    'peer_closed, noise': '.',
    'peer_closed, frames': '.',
    stable: '.',
    retry: '.',
    close: '.',
  },
}

function describeEffect(effect: LinkEffect): string {
  return effect.type === 'ask' ? `ask ${effect.step}` : effect.type
}

function short(before: LinkState, state: LinkState, effects: readonly LinkEffect[]): Expected {
  if (state === before && effects.length === 0) return '.'
  const detail =
    state.phase === 'identifying'
      ? ` ${state.step}${state.push ? ' push' : ''}`
      : state.phase === 'waiting'
        ? ` ${state.reason}`
        : state.phase === 'ready' && state.push
          ? ' push'
          : ''
  return `${state.phase}${detail}: ${effects.map(describeEffect).join(' ')}`.trimEnd()
}

const CELLS = (Object.keys(STATES) as StateName[]).flatMap((state) =>
  (Object.keys(INPUTS) as InputName[]).map((input) => [state, input, TABLE[state][input]] as const),
)

describe('every state and input of a plaintext link', () => {
  test.each(CELLS)('%s + %s → %s', (state, input, expected) => {
    const before = STATES[state]
    const step = stepLink(PLAIN, before, INPUTS[input])
    expect(short(before, step.state, step.effects)).toBe(expected)
  })

  test('a new link dials', () => {
    expect(startLink()).toEqual({ state: STATES.dialling, effects: [{ type: 'dial' }] })
  })
})

describe('what an encrypted link concludes instead', () => {
  test.each([
    ['listening', 'peer_closed, nothing', FAIL('closed_by_panel')],
    ['listening', 'peer_closed, noise', FAIL('closed_by_panel')],
    ['identifying panel', 'peer_closed, nothing', FAIL('wrong_key')],
    ['identifying panel', 'peer_closed, noise', FAIL('wrong_key')],
    ['identifying panel', 'peer_closed, frames', FAIL('closed_by_panel')],
    ['identifying module', 'peer_closed, nothing', FAIL('closed_by_panel')],
  ] as const)('%s + %s → %s', (state, input, expected) => {
    const step = stepLink(ENCRYPTED, STATES[state], INPUTS[input])
    expect(short(STATES[state], step.state, step.effects)).toBe(expected)
  })
})

describe('history', () => {
  const panel = (history: Partial<LinkHistory>): LinkState => ({ ...STATES['identifying panel'], ...history })

  test('the second mute connection of a link that was never identified speaks for the wrong mode', () => {
    const first = stepLink(PLAIN, panel({}), { type: 'silent' }).state
    expect(first).toMatchObject({ reason: 'silent', mute: 1, failures: 1 })
    const second = stepLink(PLAIN, panel({ mute: 1, failures: 1 }), { type: 'silent' }).state
    expect(second).toMatchObject({ reason: 'mode_mismatch', mute: 2, failures: 2 })
  })

  test('a link that was identified once hangs, it has no wrong mode', () => {
    const state = stepLink(PLAIN, panel({ mute: 5, known: true }), { type: 'silent' }).state
    expect(state).toMatchObject({ reason: 'silent' })
  })

  test('an answer ends the row of mute connections', () => {
    const state = stepLink(PLAIN, panel({ mute: 1 }), { type: 'answered' }).state
    expect(state).toMatchObject({ mute: 0, known: true })
  })

  test('a module that does not answer the subscription is polled from then on', () => {
    const waiting = stepLink(PLAIN, STATES['identifying subscribe'], { type: 'silent' }).state
    expect(waiting).toMatchObject({ phase: 'waiting', pollOnly: true })
    const module: LinkState = { ...STATES['identifying module'], pollOnly: true }
    expect(stepLink(PLAIN, module, { type: 'answered', canPush: true }).state).toMatchObject({ push: false })
  })

  test('push is not asked for where it is not wanted', () => {
    const config: LinkConfig = { encrypted: false, push: false }
    const step = stepLink(config, STATES['identifying module'], { type: 'answered', canPush: true })
    expect(step.state).toMatchObject({ step: 'clock', push: false })
  })

  test('failures grow until a link has been ready for long enough', () => {
    const ready: LinkState = { ...STATES.ready, failures: 4 }
    const closed: LinkInput = { type: 'peer_closed', heard: 'frames' }
    expect(stepLink(PLAIN, ready, closed).state.failures).toBe(5)
    const stable = stepLink(PLAIN, ready, { type: 'stable' }).state
    expect(stepLink(PLAIN, stable, closed).state.failures).toBe(1)
    expect(stepLink(PLAIN, stable, { type: 'silent' }).state.failures).toBe(1)
  })
})

test('waiting times: the table, then its last entry, each ±20 %', () => {
  const table = [1000, 2000, 4000, 8000, 16000, 30000]
  expect([1, 2, 3, 4, 5, 6, 7, 100].map((failures) => backoffDelay(table, failures, 0.5))).toEqual([
    1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000,
  ])
  expect([backoffDelay(table, 1, 0), backoffDelay(table, 1, 0.999_999)]).toEqual([800, 1200])
})

describe('invariants on random walks', () => {
  const input = fc.constantFrom(...Object.values(INPUTS))
  const config = fc.constantFrom(PLAIN, ENCRYPTED, { encrypted: false, push: false })

  test('whatever happens', () => {
    fc.assert(
      fc.property(config, fc.array(input, { maxLength: 60 }), (settings, inputs) => {
        let { state } = startLink()
        let open = true
        let asked = false
        for (const it of inputs) {
          const before = state
          const step = stepLink(settings, state, it)
          state = step.state
          const types = step.effects.map((effect) => effect.type)
          // No connection is left behind, and none is made while one is open.
          if (types.includes('dial')) {
            expect(open).toBe(false)
            open = true
          }
          if (types.includes('drop')) open = false
          if (state.phase === 'waiting' || state.phase === 'closed') expect(open).toBe(false)
          // Waiting always ends: entering it starts the clock.
          if (state.phase === 'waiting' && before.phase !== 'waiting') expect(types).toContain('wait')
          // Ready means that everything was asked and the last answer came.
          if (types.includes('ask')) asked = true
          if (types.includes('drop')) asked = false
          if (state.phase === 'ready' && before.phase !== 'ready') {
            expect(before).toMatchObject({ phase: 'identifying', step: 'states' })
            expect(it.type).toBe('answered')
            expect(asked).toBe(true)
          }
          // Closed is for ever, and a step counts at most one failure.
          if (before.phase === 'closed') expect(state).toBe(before)
          expect(state.failures - before.failures).toBeLessThanOrEqual(1)
          if (!settings.push && state.phase === 'ready') expect(state.push).toBe(false)
        }
      }),
      { numRuns: 3000, seed: 20260423 },
    )
  })
})
