/**
 * "Does the module answer?", asked at a panel's form before it is saved. Only workers talk to panels, so one of them tries; a module that is served
 * already is left to its link, whose state is the answer. Who asks may also save a panel with that address: this tells nothing that saving would not
 * tell, but it tells it quickly, so it is counted by the hour and put on record with the address.
 */
import type { ConnectionTry, ConnectionTryAnswer, TryConnectionRequest } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import {
  type Act,
  appendAudit,
  askForTry,
  auditOf,
  encryptedPanelKey,
  findPanel,
  forgetTry,
  panelAtAddress,
  readTry,
  TRY_ANSWERS_CHANNEL,
} from '@stam/store'
import type { Backend } from '../backend.ts'
import { done, type Outcome, refuse } from '../http/problem.ts'
import type { Person } from '../identity/principals.ts'
import { encrypted } from './panel-use-cases.ts'

export const TRIES_PER_HOUR = 30
/** A worker takes a try within milliseconds of the notification. */
const UNTAKEN_MS = 4_000
const LIMIT_MS = 20_000
/** Without a notification. */
const LOOK_MS = 500

export async function tryConnection(
  backend: Backend,
  person: Person,
  act: Act,
  request: TryConnectionRequest,
): Promise<Outcome<ConnectionTry>> {
  const { store } = backend
  const { host, port, panel_id: panelId } = request
  const before = panelId === undefined ? null : await findPanel(store, panelId, person.scope)
  if (panelId !== undefined && before === null) return refuse('PANEL_NOT_FOUND')
  const typed = encrypted(backend.dataKeys, request.integration_key)
  const kept =
    typed === undefined && panelId !== undefined ? await encryptedPanelKey(store, panelId, person.scope) : null
  const encryptedKey = typed ?? kept?.token ?? null
  await backend.limits.hitHourly('try-connection', person.userId, TRIES_PER_HOUR)
  const id = uuidv7()
  const taken = await panelAtAddress(store, [host], port)
  await store.inTransaction(async (tx) => {
    await appendAudit(tx, [
      auditOf(act, {
        action: 'PANEL_TRY_CONNECTION',
        entityType: 'panel',
        entityId: panelId ?? taken,
        siteId: before?.site_id ?? null,
        after: { host, port, encrypted: encryptedKey !== null },
      }),
    ])
    if (taken === null) await askForTry(tx, { id, host, port, encryptedKey })
  })
  if (taken !== null) return done(await shown(backend, person, { ...nothing, outcome: 'in_use', panel_id: taken }))
  try {
    return done(await shown(backend, person, await answerOf(backend, id)))
  } finally {
    await forgetTry(store, id).catch((error: unknown) => backend.log.warn('try_not_forgotten', { error }))
  }
}

const nothing = { took_ms: null, identity: null, panel_id: null }

async function answerOf({ store, clock }: Backend, id: string): Promise<ConnectionTryAnswer> {
  let wake = (): void => {}
  const listening = await store
    .listen(TRY_ANSWERS_CHANNEL, (payload) => {
      if (payload === null || payload === id) wake()
    })
    .catch(() => undefined)
  const began = clock.monotonic()
  try {
    for (;;) {
      const { isTaken, answer } = await readTry(store, id)
      if (answer !== null) return answer
      const waited = clock.monotonic() - began
      if (!isTaken && waited > UNTAKEN_MS) return { ...nothing, outcome: 'no_worker' }
      if (waited > LIMIT_MS) return { ...nothing, outcome: 'timeout' }
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimer(LOOK_MS, resolve)
        wake = () => {
          cancel()
          resolve()
        }
      })
    }
  } finally {
    await listening?.close().catch(() => {})
  }
}

async function shown(
  backend: Backend,
  person: Person,
  { panel_id: panelId, ...answer }: ConnectionTryAnswer,
): Promise<ConnectionTry> {
  const panel = panelId === null ? null : await findPanel(backend.store, panelId, person.scope)
  if (panel === null) return { ...answer, panel: null }
  const [live] = await backend.states.read([panel.id])
  return {
    ...answer,
    panel: { id: panel.id, name: panel.name, live: live as NonNullable<ConnectionTry['panel']>['live'] },
  }
}
