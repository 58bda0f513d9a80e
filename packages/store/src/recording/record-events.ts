/**
 * From signals to rows, all or nothing: events, alarms, transitions, audit, outbox, signals and cursors of a batch commit together
 * (design flow 1, step 3). Every id is recorded once, however often and through whichever door it comes.
 */
import type { Store, Transaction } from '../connection.ts'
import { isStoreError, isTemporary } from '../errors.ts'
import { factsOf, foldBatch, type RecordOutcome, type RefusalReason } from './fold-batch.ts'
import { loadContext, lockEpochs, lockOpenAlarms, lockSites, unique } from './load-context.ts'
import type { RecordableEvent, RecordingRules } from './rules.ts'
import { writeBatch } from './write-batch.ts'

export interface RecordOptions {
  /**
   * Written by the panel's worker itself (degraded door), not off the bus: refused as STALE_EPOCH when the panel has another owner by now, who
   * will read it from the panel's memory. Off the bus an old epoch is still a true fact.
   */
  readonly direct?: boolean
}

/** Events of one transaction; more are split. Larger batches hold site locks longer without being faster per event. */
const BATCH_MAX = 500

/**
 * Records events, in their order, one outcome each. A temporary failure (see `isTemporary`) rejects and nothing of the failing batch is
 * recorded: send the whole again. An event that can never be recorded is found by halving and refused alone.
 */
export async function recordEvents(
  store: Store,
  rules: RecordingRules,
  events: readonly RecordableEvent[],
  options: RecordOptions = {},
): Promise<RecordOutcome[]> {
  const outcomes: RecordOutcome[] = []
  for (let from = 0; from < events.length; from += BATCH_MAX) {
    outcomes.push(...(await recordHalving(store, rules, events.slice(from, from + BATCH_MAX), options)))
  }
  return outcomes
}

async function recordHalving(
  store: Store,
  rules: RecordingRules,
  events: readonly RecordableEvent[],
  options: RecordOptions,
): Promise<RecordOutcome[]> {
  try {
    return await store.inTransaction((tx) => recordInTransaction(tx, rules, events, options), { byIndex: true })
  } catch (error) {
    if (isTemporary(error) || isStoreError(error, 'STORE_CLOSED') || isStoreError(error, 'PERMISSION_DENIED'))
      throw error
    if (events.length === 1) {
      return [refused(events[0] as RecordableEvent, 'INVALID', error instanceof Error ? error.message : String(error))]
    }
    // The first half first: order per panel stays.
    const middle = Math.ceil(events.length / 2)
    const first = await recordHalving(store, rules, events.slice(0, middle), options)
    return [...first, ...(await recordHalving(store, rules, events.slice(middle), options))]
  }
}

/** The same inside the caller's transaction, e.g. together with the audit of a manual report. At most a few hundred events. */
export async function recordInTransaction(
  tx: Transaction,
  rules: RecordingRules,
  events: readonly RecordableEvent[],
  options: RecordOptions = {},
): Promise<RecordOutcome[]> {
  const { admitted, refusals, siteOf } = await admit(tx, events, options)
  if (admitted.length === 0) return events.map((event) => refusals.get(event) as RecordOutcome)
  const context = await loadContext(tx, admitted, unique(admitted.map((event) => siteOf(event) as string)))
  // Only what is new, or completes what is known, touches alarms; a batch of repeated deliveries takes none out of anybody's hands.
  const news = admitted.filter((event) => {
    const stored = context.stored.get(event.event_id)
    return stored === undefined
      ? context.fresh.has(event.event_id)
      : rules.enrichEvent(stored.facts, factsOf(event)) !== undefined
  })
  const locked = await lockOpenAlarms(tx, unique(news.map((event) => siteOf(event) as string)))
  const batch = foldBatch(admitted, { siteOf, alarms: locked.map(({ bundled }) => bundled), ...context }, rules)
  // A predecessor's event is a true fact, but its successor already counts on from what was recorded when it took over: moving signals or
  // the cursor now would let the two disagree, and a record read again would become a second event (docs/adr/0001).
  const owners = admitted.filter(
    ({ panel_id, epoch }) => panel_id === null || epoch >= (context.epochs.get(panel_id) ?? 0),
  )
  await writeBatch(tx, batch, owners, locked, context.now)
  const decided = batch.outcomes.values()
  return events.map((event) => refusals.get(event) ?? (decided.next().value as RecordOutcome))
}

/** Locks the sites, and tells apart what may be recorded at all. */
async function admit(tx: Transaction, events: readonly RecordableEvent[], options: RecordOptions) {
  const panelIds = unique(events.flatMap((event) => event.panel_id ?? []))
  const siteIds = unique(events.flatMap((event) => (event.panel_id === null ? (event.site_id ?? []) : [])))
  const { siteOfPanel, sites } = await lockSites(tx, panelIds, siteIds)
  const epochs = options.direct ? await lockEpochs(tx, panelIds) : undefined
  const siteOf = (event: RecordableEvent) => {
    if (event.panel_id !== null) return siteOfPanel.get(event.panel_id)
    return event.site_id !== undefined && sites.has(event.site_id) ? event.site_id : undefined
  }
  const admitted: RecordableEvent[] = []
  const refusals = new Map<RecordableEvent, RecordOutcome>()
  for (const event of events) {
    if (siteOf(event) === undefined) {
      refusals.set(
        event,
        refused(event, 'UNKNOWN_SITE', `panel ${event.panel_id ?? '-'}, site ${event.site_id ?? '-'}`),
      )
    } else if (event.panel_id !== null && epochs !== undefined && event.epoch < (epochs.get(event.panel_id) ?? 0)) {
      refusals.set(
        event,
        refused(event, 'STALE_EPOCH', `epoch ${event.epoch}, the owner has ${epochs.get(event.panel_id)}`),
      )
    } else admitted.push(event)
  }
  return { admitted, refusals, siteOf }
}

function refused(event: RecordableEvent, reason: RefusalReason, detail: string): RecordOutcome {
  return { event_id: event.event_id, outcome: 'refused', reason, detail }
}
