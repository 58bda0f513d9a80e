/** What can be made to happen in the development centre: POST /dev/{name}. Also the first shift's worth of alarms. */
import type { EventType, Priority, Text } from '@stam/contracts'
import type { AlarmBook, Signal } from './alarm-book.ts'
import type { World } from './world.ts'

/** Switches of the imaginary infrastructure. */
export interface Weather {
  /** REST and WebSocket refuse everything. */
  down: boolean
  /** Only the WebSocket is refused. */
  wsDown: boolean
  degraded: boolean
  /** Answers come this much later. */
  slowMs: number
  /** GET answers never come. */
  hang: boolean
  /** 500 on every read. */
  broken: boolean
  empty: boolean
}

export const calm = (): Weather => ({
  down: false,
  wsDown: false,
  degraded: false,
  slowMs: 0,
  hang: false,
  broken: false,
  empty: false,
})

const t = (pl: string, en: string): Text => ({ pl, en })
const kinds: readonly [EventType, Priority, Text][] = [
  ['ALARM', 'CRITICAL', t('Włamanie', 'Burglary')],
  ['ALARM', 'CRITICAL', t('Napad', 'Hold-up')],
  ['ALARM', 'CRITICAL', t('Pożar', 'Fire')],
  ['TAMPER', 'CRITICAL', t('Sabotaż wejścia', 'Zone tamper')],
  ['TROUBLE', 'WARNING', t('Brak zasilania sieciowego', 'AC power lost')],
  ['TROUBLE', 'WARNING', t('Niski stan akumulatora', 'Battery low')],
  ['UNAUTHORIZED_ACCESS', 'WARNING', t('Trzy błędne kody', 'Three wrong codes')],
  ['INFO', 'INFO', t('Programowanie z bufora DloadX', 'DloadX programming session')],
]

/** A random signal of some site; `n` makes it repeatable. */
export function signalOf(world: World, n: number, agoMs = 0): Signal {
  const panels = [...world.panels.values()]
  const panel = panels[n % panels.length] as (typeof panels)[number]
  const [type, priority, text] = kinds[(n * 5 + Math.floor(n / panels.length)) % kinds.length] as (typeof kinds)[number]
  const zone = panel.zones[(n * 3) % panel.zones.length]
  const ofZone = type === 'ALARM' || type === 'TAMPER'
  const base = { siteId: panel.panel.site_id, panelId: panel.panel.id, priority, type, text, agoMs }
  return ofZone && zone !== undefined ? { ...base, object: zone.name, zone: zone.number } : { ...base, object: null }
}

/** A quiet evening with a few things going on. */
export function populate(world: World, book: AlarmBook): void {
  const [marta, jan] = world.users
  if (marta === undefined || jan === undefined) return
  const past = (n: number, agoMs: number) => book.raise(signalOf(world, n, agoMs), { join: false })
  for (let n = 20; n < 32; n += 1) {
    const old = past(n, 86_400_000 * (n - 18) + n * 1e6)
    const claimed = book.act(old.id, marta, { type: 'claim', version: 1 })
    if (claimed !== null && 'id' in claimed)
      book.act(old.id, marta, {
        type: 'close',
        version: claimed.version,
        note: 'Sprawdzone telefonicznie, pomyłka obsługi',
        disposition: 'FALSE',
      })
  }
  const handled = past(9, 1_500_000)
  book.act(handled.id, jan, { type: 'claim', version: 1 })
  const acked = past(3, 2_900_000)
  book.act(acked.id, jan, { type: 'claim', version: 1 })
  book.act(acked.id, jan, { type: 'ack', version: 2, note: 'Patrol w drodze, kierowniczka powiadomiona' })
  past(4, 4_400_000)
  past(10, 640_000)
  past(7, 7_900_000)
  past(5, 260_000)
  const many = past(0, 42_000)
  for (let n = 0; n < 6; n += 1)
    book.raise({ ...signalOf(world, 0), agoMs: 30_000 - n * 4_000, siteId: many.site.id, priority: many.priority })
}
