import type { WaitingReason } from './types.ts'

/**
 * The life of a panel link as a pure function; its page is docs/machines/panel-link.md. Socket, clock and queue are
 * outside: inputs say what happened, effects say what is to be done.
 */

/** What is being asked while identifying, in this order; `subscribe` only where the module can push. */
export type IdentifyStep = 'panel' | 'module' | 'clock' | 'subscribe' | 'states'

/** Carried from connection to connection. */
export interface LinkHistory {
  /** Failed dials and connections since the link was last ready for long enough. */
  readonly failures: number
  /** Connections in a row that came up and never brought a sound frame. */
  readonly mute: number
  /** A module of this link object has been identified once, so its mode is known to be right. */
  readonly known: boolean
  /** The module did not answer a subscription: poll. */
  readonly pollOnly: boolean
}

export type LinkState =
  | ({ readonly phase: 'dialling' } & LinkHistory)
  | ({ readonly phase: 'listening' } & LinkHistory)
  | ({ readonly phase: 'identifying'; readonly step: IdentifyStep; readonly push: boolean } & LinkHistory)
  | ({ readonly phase: 'ready'; readonly push: boolean } & LinkHistory)
  | ({ readonly phase: 'waiting'; readonly reason: WaitingReason } & LinkHistory)
  | ({ readonly phase: 'closed' } & LinkHistory)

export type LinkInput =
  /** TCP is up. */
  | { readonly type: 'connected' }
  /** No connection: refused by who is at the address; or nobody answered in time, or there is no way to it. */
  | { readonly type: 'dial_failed'; readonly refused: boolean }
  /** The listening time is over and nothing came: the module is free. */
  | { readonly type: 'quiet' }
  /** The busy block, or anything at all from an encrypted module before the first request. */
  | { readonly type: 'busy' }
  /** An encrypted link received a plaintext frame start. */
  | { readonly type: 'plain_peer' }
  /** The encrypted header did not echo our identifier, or the PDU stream is lost. */
  | { readonly type: 'bad_echo' }
  /** The question of the present step was answered. `canPush` comes with the module version. */
  | { readonly type: 'answered'; readonly canPush?: boolean }
  /** Answered with an error result. */
  | { readonly type: 'refused' }
  /** Answered, but not by an INTEGRA. */
  | { readonly type: 'bad_answer' }
  /** No answer in time. */
  | { readonly type: 'silent' }
  /** The other side closed, or the socket failed. */
  | { readonly type: 'peer_closed'; readonly heard: 'nothing' | 'noise' | 'frames' }
  /** The link has been ready for `stableAfterMs`: earlier failures are over. */
  | { readonly type: 'stable' }
  /** The waiting time is over. */
  | { readonly type: 'retry' }
  | { readonly type: 'close' }

export type LinkEffect =
  | { readonly type: 'dial' }
  /** Wait `listenFirstMs` for unsolicited bytes. */
  | { readonly type: 'listen' }
  | { readonly type: 'ask'; readonly step: IdentifyStep }
  /** Destroy the socket and fail what is in flight. */
  | { readonly type: 'drop' }
  /** Start the back-off of `failures`. */
  | { readonly type: 'wait' }
  | { readonly type: 'serve' }

export interface LinkConfig {
  readonly encrypted: boolean
  readonly push: boolean
}

export interface LinkStep {
  readonly state: LinkState
  readonly effects: readonly LinkEffect[]
}

const FRESH: LinkHistory = { failures: 0, mute: 0, known: false, pollOnly: false }

/** Connections that came up mute, after which a wrong mode is the better explanation than a hanging module. */
const MUTE_LIMIT = 2

export function startLink(): LinkStep {
  return { state: { phase: 'dialling', ...FRESH }, effects: [{ type: 'dial' }] }
}

function history(state: LinkState): LinkHistory {
  return { failures: state.failures, mute: state.mute, known: state.known, pollOnly: state.pollOnly }
}

function ignore(state: LinkState): LinkStep {
  return { state, effects: [] }
}

/** Leaves a connection (or a dial) and waits. */
function fail(state: LinkState, reason: WaitingReason, change: Partial<LinkHistory> = {}): LinkStep {
  const next: LinkHistory = { ...history(state), failures: state.failures + 1, ...change }
  return { state: { phase: 'waiting', reason, ...next }, effects: [{ type: 'drop' }, { type: 'wait' }] }
}

/** @param state where the link is; an input that means nothing there changes nothing */
export function stepLink(config: LinkConfig, state: LinkState, input: LinkInput): LinkStep {
  if (state.phase === 'closed') return ignore(state)
  if (input.type === 'close') {
    return { state: { phase: 'closed', ...history(state) }, effects: [{ type: 'drop' }] }
  }
  switch (state.phase) {
    case 'dialling':
      return stepDialling(state, input)
    case 'listening':
      return stepListening(config, state, input)
    case 'identifying':
      return stepIdentifying(config, state, input)
    case 'ready':
      return stepReady(state, input)
    case 'waiting':
      return input.type === 'retry'
        ? { state: { phase: 'dialling', ...history(state) }, effects: [{ type: 'dial' }] }
        : ignore(state)
  }
}

function stepDialling(state: LinkState, input: LinkInput): LinkStep {
  if (input.type === 'connected') {
    return { state: { phase: 'listening', ...history(state) }, effects: [{ type: 'listen' }] }
  }
  if (input.type === 'dial_failed') return fail(state, input.refused ? 'refused' : 'unreachable')
  // A close that arrives before anything was exchanged is a refusal as well.
  if (input.type === 'peer_closed') return fail(state, 'refused')
  return ignore(state)
}

function stepListening(config: LinkConfig, state: LinkState, input: LinkInput): LinkStep {
  switch (input.type) {
    case 'quiet':
      return {
        state: { phase: 'identifying', step: 'panel', push: false, ...history(state) },
        effects: [{ type: 'ask', step: 'panel' }],
      }
    case 'busy':
      return fail(state, 'busy')
    case 'plain_peer':
      return fail(state, 'mode_mismatch')
    case 'bad_echo':
      return fail(state, 'wrong_key')
    case 'peer_closed':
      return closedEarly(config, state, input.heard)
    default:
      return ignore(state)
  }
}

function stepIdentifying(
  config: LinkConfig,
  state: Extract<LinkState, { phase: 'identifying' }>,
  input: LinkInput,
): LinkStep {
  switch (input.type) {
    case 'answered':
      return advance(config, state, input.canPush === true)
    case 'refused':
    case 'bad_answer':
      // Only the panel version is indispensable; a module version that makes no sense is an old module.
      if (state.step === 'module' || state.step === 'subscribe') return advance(config, state, false)
      return fail(state, 'bad_identity')
    case 'silent':
      return silent(config, state)
    case 'busy':
      return fail(state, 'busy')
    case 'plain_peer':
      return fail(state, 'mode_mismatch')
    case 'bad_echo':
      return fail(state, 'wrong_key')
    case 'peer_closed':
      return state.step === 'panel' ? closedEarly(config, state, input.heard) : fail(state, 'closed_by_panel')
    default:
      return ignore(state)
  }
}

/** The next question, or ready. An answer to the first proves mode and key. */
function advance(config: LinkConfig, state: Extract<LinkState, { phase: 'identifying' }>, positive: boolean): LinkStep {
  const kept: LinkHistory = { ...history(state), mute: 0, known: true }
  const ask = (step: IdentifyStep, push: boolean): LinkStep => ({
    state: { phase: 'identifying', step, push, ...kept },
    effects: [{ type: 'ask', step }],
  })
  switch (state.step) {
    case 'panel':
      return ask('module', false)
    case 'module':
      return ask('clock', positive && config.push && !state.pollOnly)
    case 'clock':
      return ask(state.push ? 'subscribe' : 'states', state.push)
    case 'subscribe':
      return ask('states', positive)
    case 'states':
      return { state: { phase: 'ready', push: state.push, ...kept }, effects: [{ type: 'serve' }] }
  }
}

/** No answer while identifying: what it means depends on the question. */
function silent(config: LinkConfig, state: Extract<LinkState, { phase: 'identifying' }>): LinkStep {
  // Modules older than 0x7C stay silent on it: version 1, which can only be polled.
  if (state.step === 'module') return advance(config, state, false)
  // The answer may still come and would be credited to the next control command, so start clean, without push.
  if (state.step === 'subscribe') return fail(state, 'silent', { pollOnly: true })
  if (state.step !== 'panel') return fail(state, 'silent')
  return muteFailure(state, 'silent')
}

/** The first connections of a link that never bring a frame speak for a wrong mode, not for a hanging module. */
function muteFailure(state: LinkState, reason: WaitingReason): LinkStep {
  const mute = state.mute + 1
  return fail(state, !state.known && mute >= MUTE_LIMIT ? 'mode_mismatch' : reason, { mute })
}

/** Closed before the first answer (reference 3.5). */
function closedEarly(config: LinkConfig, state: LinkState, heard: 'nothing' | 'noise' | 'frames'): LinkStep {
  if (heard === 'frames' || state.known) return fail(state, 'closed_by_panel')
  if (config.encrypted) return fail(state, state.phase === 'listening' ? 'closed_by_panel' : 'wrong_key')
  if (heard === 'noise') return fail(state, 'mode_mismatch')
  return state.phase === 'listening' ? fail(state, 'closed_by_panel') : muteFailure(state, 'closed_by_panel')
}

function stepReady(state: LinkState, input: LinkInput): LinkStep {
  switch (input.type) {
    case 'silent':
      return fail(state, 'silent')
    case 'bad_echo':
      return fail(state, 'wrong_key')
    case 'peer_closed':
      return fail(state, 'closed_by_panel')
    case 'stable':
      // Two clients that displace each other see one early close after the other; only a stable link starts afresh.
      return { state: { ...state, failures: 0 }, effects: [] }
    default:
      return ignore(state)
  }
}

/** Milliseconds to wait after `failures` failures: the table entry, ±20 %. */
export function backoffDelay(table: readonly number[], failures: number, random: number): number {
  const entry = table[Math.min(Math.max(failures, 1), table.length) - 1] ?? 30_000
  return Math.round(entry * (0.8 + random * 0.4))
}
