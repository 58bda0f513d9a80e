/** RC-01, RC-02, RC-04: two that want the same thing at the same moment (spec 09). */
import { pause } from './child.ts'
import { type Drill, first, signIn } from './drill.ts'

const AGE_EVERY_MS = 100

export const raceDrills: readonly Drill[] = [
  {
    id: 'RC-01',
    what: 'alarms close by themselves while events come that would have joined them',
    run: async ({ stack, load }) => {
      const { store } = stack
      // Alarms of a site on test close when they are quiet, whatever their priority; here they are quiet whenever nothing comes for a moment.
      await store.execute(`UPDATE sites SET test_mode = true, test_since = now(), test_reason = 'drill'`)
      const closedBefore = await count(store, `SELECT count(*)::int AS n FROM alarms WHERE status = 'CLOSED'`)
      try {
        await meanwhile(load(600, 10_000), () =>
          store.execute(
            `UPDATE alarms SET last_active = last_active - interval '1 day', version = version + 1
             WHERE status = 'NEW' AND test_mode AND last_active > now() - interval '1 hour'`,
          ),
        )
      } finally {
        await store.execute(`UPDATE sites SET test_mode = false, test_since = NULL, test_reason = NULL`)
      }
      const closed =
        (await count(store, `SELECT count(*)::int AS n FROM alarms WHERE status = 'CLOSED'`)) - closedBefore
      if (closed < stack.panelIds.size) throw new Error(`only ${closed} alarms closed: that was no race`)
      const joined = await count(
        store,
        `SELECT count(*)::int AS n FROM alarms a JOIN alarm_transitions c ON c.alarm_id = a.id AND c.to_status = 'CLOSED'
         WHERE EXISTS (SELECT FROM alarm_transitions t WHERE t.alarm_id = a.id AND t.version_after > c.version_after)
            OR a.version > c.version_after`,
      )
      if (joined > 0) throw new Error(`${joined} alarms were changed after they were closed`)
      return Number.NaN
    },
  },
  {
    id: 'RC-02',
    what: 'all operators claim the same alarms at once: exactly one wins each',
    run: async ({ stack, screens, load }) => {
      await load(stack.panelIds.size, 500)
      await pause(1_000)
      const alarms = [...first(screens).alarms.values()].filter(({ status }) => status === 'NEW')
      const people = await Promise.all(
        stack.operators.map((operator, n) =>
          signIn(stack.backendUrls[n % stack.backendUrls.length] as string, operator),
        ),
      )
      for (const alarm of alarms) {
        const claims = people.map((ask) => ask('POST', `/api/alarms/${alarm.id}/claim`, { version: alarm.version }))
        const answers = (await Promise.all(claims)).map(({ status }) => status)
        const won = answers.filter((status) => status === 200).length
        if (won > 1 || (won === 0 && !answers.includes(409)))
          throw new Error(`alarm ${alarm.number}: ${won} operators won (${answers.join(', ')})`)
      }
      return Number.NaN
    },
  },
  {
    id: 'RC-04',
    what: 'the outbox is cleaned up while relays number and publish it',
    run: async ({ stack, screens, load, recovery }) => {
      const { store } = stack
      // Everything looks a week old: what no relay has published yet, and what every screen has been shown.
      await meanwhile(load(800, 10_000), () =>
        store.execute(
          `UPDATE outbox SET created_at = created_at - interval '8 days'
           WHERE created_at > now() - interval '1 hour' AND (status = 'PENDING' OR stream_seq <= $1)`,
          [Math.min(...screens.map(({ lastSequence }) => lastSequence))],
        ),
      )
      const head = await count(store, 'SELECT last_seq::int AS n FROM stream_head')
      const left = await count(store, 'SELECT count(*)::int AS n FROM outbox')
      if (head - left < 100) throw new Error(`only ${head - left} rows were removed: that was no race`)
      return recovery(
        async () =>
          (await count(store, `SELECT count(*)::int AS n FROM outbox WHERE status = 'PENDING'`)) === 0 &&
          screens.every(({ lastSequence }) => lastSequence >= head),
      )
    },
  },
]

async function count(store: Parameters<Drill['run']>[0]['stack']['store'], sql: string): Promise<number> {
  const [row] = await store.query<{ n: number }>(sql)
  return row?.n ?? 0
}

/** Does it again and again until the work is done. */
async function meanwhile(work: Promise<void>, again: () => Promise<unknown>): Promise<void> {
  let isOver = false
  const finished = work.finally(() => {
    isOver = true
  })
  while (!isOver) {
    await again()
    await pause(AGE_EVERY_MS)
  }
  await finished
}
