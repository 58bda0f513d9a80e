import { createMemoryLive, MemoryLiveStore } from '@stam/live'
import { silentLog } from '@stam/runtime'
import { type FakeClock, fakeClock } from '@stam/testkit'
import { beforeEach, expect, it } from 'vitest'
import { LiveWriter } from './live-writer.ts'
import type { PanelSession } from './panel-session.ts'

const PANEL = '6d9b9a3e-0b6a-4f5f-9d30-0f9f3a5f2b11'
let clock: FakeClock
beforeEach(() => {
  clock = fakeClock()
})

/** What the writer asks of a session whose picture never changes. */
function unchanging(connection: 'CONNECTED' | 'DISCONNECTED' | 'BUSY' | 'RELEASED'): PanelSession {
  const session: Partial<PanelSession> = {
    panelId: PANEL,
    epoch: 1,
    version: 1,
    isConnected: connection === 'CONNECTED',
    isReleased: connection === 'RELEASED',
    lastContact: connection === 'CONNECTED' ? clock.now() : null,
    picture: () => ({
      panel_id: PANEL,
      epoch: 1,
      version: 1,
      connection,
      connection_detail: null,
      connection_since: null,
      worker_id: 'worker-1',
      last_contact_at: null,
      updated_at: null,
      identity: null,
      clock_drift_ms: null,
      service_mode: null,
      bits: null,
      troubles: null,
    }),
  }
  return session as PanelSession
}

it.each(['CONNECTED', 'DISCONNECTED', 'BUSY', 'RELEASED'] as const)(
  'a panel that stays %s is shown so for as long as its worker lives, and no longer',
  async (connection) => {
    const live = createMemoryLive({ store: new MemoryLiveStore({ clock }) })
    const writer = new LiveWriter({ live, clock, log: silentLog, refreshMs: 4_000, onPicture: () => {} })
    const shown = async () => (await live.panels.snapshot([PANEL]))[0]?.connection
    writer.add(unchanging(connection))
    for (let second = 0; second < 600; second++) {
      await clock.advance(1_000)
      writer.tick(clock.now())
    }
    await clock.advance(1_000)
    expect(await shown()).toBe(connection)
    await clock.advance(121_000)
    expect(await shown()).toBe('UNKNOWN')
    await writer.close()
    await live.close()
  },
)

it('a panel that changes all the time is painted once a second, the last time as it is then', async () => {
  const live = createMemoryLive({ store: new MemoryLiveStore({ clock }) })
  const painted: number[] = []
  const writer = new LiveWriter({
    live,
    clock,
    log: silentLog,
    refreshMs: 4_000,
    onPicture: (_, { version }) => painted.push(version),
  })
  let version = 1
  const session = Object.defineProperties(unchanging('CONNECTED'), {
    version: { get: () => version },
    picture: { value: () => ({ ...unchanging('CONNECTED').picture(), version }) },
  })
  writer.add(session)
  for (let tenth = 0; tenth < 50; tenth++) {
    await clock.advance(100)
    version++
    writer.changed(session)
  }
  expect(painted.length).toBeGreaterThan(3)
  expect(painted.length).toBeLessThan(7)
  await clock.advance(1_500)
  expect(painted.at(-1)).toBe(version)
  await writer.close()
  await live.close()
})
