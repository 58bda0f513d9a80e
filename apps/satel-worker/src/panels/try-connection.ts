/** Whether a module answers: a link that is opened to be closed. It asks what every link asks first and changes nothing at the panel. */
import type { ConnectionTryAnswer, ConnectionTryOutcome } from '@stam/contracts'
import { type LinkStatus, openPanelLink, type WaitingReason } from '@stam/integra'
import type { Clock } from '@stam/runtime'
import { liveIdentity } from './panel-picture.ts'

export interface TryOptions {
  /** An address, not a name: what was looked up is what is dialled. */
  readonly address: string
  readonly port: number
  readonly integrationKey: string | undefined
  readonly clock: Clock
  readonly dialTimeoutMs: number
  readonly answerTimeoutMs: number
  /** The longest anybody waits. */
  readonly limitMs: number
}

const OUTCOMES: Record<WaitingReason, ConnectionTryOutcome> = {
  unreachable: 'no_answer',
  refused: 'refused',
  busy: 'busy',
  silent: 'silent',
  mode_mismatch: 'mode_mismatch',
  wrong_key: 'wrong_key',
  closed_by_panel: 'closed',
  bad_identity: 'not_integra',
}
/** One connection without a word may be a hanging module; only two say that the modes differ (docs/machines/panel-link.md). */
const WORTH_A_SECOND: readonly WaitingReason[] = ['silent', 'closed_by_panel']

export async function tryConnection(options: TryOptions): Promise<Omit<ConnectionTryAnswer, 'panel_id'>> {
  const { address, port, integrationKey, clock, dialTimeoutMs, answerTimeoutMs, limitMs } = options
  const began = clock.monotonic()
  const link = openPanelLink({
    host: address,
    port,
    dialTimeoutMs,
    answerTimeoutMs,
    backoffMs: [300],
    push: 'never',
    ...(integrationKey === undefined ? {} : { integrationKey }),
  })
  const answer = (outcome: ConnectionTryOutcome, identity: ConnectionTryAnswer['identity'] = null) => ({
    outcome,
    identity,
    took_ms: Math.round(clock.monotonic() - began),
  })
  const decided = (status: LinkStatus): Omit<ConnectionTryAnswer, 'panel_id'> | null => {
    if (status.state === 'ready')
      return answer('reachable', liveIdentity(status.identity, status.push, integrationKey !== undefined))
    if (status.state !== 'waiting') return null
    const { reason, attempt } = status
    return WORTH_A_SECOND.includes(reason) && attempt < 2 ? null : answer(OUTCOMES[reason])
  }
  let cancel = () => {}
  try {
    return await new Promise((resolve) => {
      cancel = clock.setTimer(limitMs, () => resolve(answer('timeout')))
      link.onChange((change) => {
        const found = change.type === 'status' ? decided(change.status) : null
        if (found !== null) resolve(found)
      })
    })
  } finally {
    cancel()
    await link.close()
  }
}
