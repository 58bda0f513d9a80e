import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSimulator, type LedgerEntry, ledgerSummary, ManualTime, type Simulator } from '../src/index.ts'
import { closing, testPanel } from './harness.ts'
import { RawClient } from './raw-client.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'simulator-state-'))
  closing({ close: () => rmSync(path, { recursive: true, force: true }) })
  return path
}

async function start(stateDir: string, more: object = {}): Promise<Simulator> {
  const time = new ManualTime(Date.UTC(2026, 3, 23, 6, 24, 0))
  return createSimulator({ stateDir, time, latency: 'zero', panels: [testPanel()], ...more })
}

function lines(simulator: Simulator): LedgerEntry[] {
  return simulator.ledger.page(0, 10_000).entries
}

/** The walk of a client through the event memory, record and token. */
async function memory(simulator: Simulator, id = 'test'): Promise<string[]> {
  const client = await RawClient.connect(simulator.panel(id))
  const seen: string[] = []
  let asked = 'FF FF FF'
  for (;;) {
    const bytes = (await client.call(`8C ${asked}`)).split(' ').slice(1)
    if (bytes[0] === '00') break
    seen.push(bytes.slice(0, 11).join(''))
    asked = bytes.slice(8, 11).join(' ')
  }
  client.close()
  return seen
}

test('memory, tokens, arming, open alarms, clock, users, ledger and port come back', async () => {
  const stateDir = folder()
  const before = await start(stateDir)
  const panel = before.panel('test')
  await panel.do({ action: 'arm', now: true, mode: 2 })
  await panel.do({ action: 'violate', zone: 2 })
  await panel.do({ action: 'bypass', zone: 3 })
  await panel.do({ action: 'ac_loss' })
  await panel.do({ action: 'clock_shift', seconds: 77 })
  const client = closing(await RawClient.connect(panel))
  expect(await client.call('E9 12 34 FF FF 80 80 FF FF')).toBe('EF 00')
  client.close()
  await expect.poll(() => panel.connected).toBe(false)
  const old = { memory: await memory(before), ledger: lines(before), port: panel.port }
  expect(old.memory).toHaveLength(6)
  await before.close()

  const after = closing(await start(stateDir))
  const again = after.panel('test')
  expect(lines(after)).toEqual(old.ledger)
  expect(await memory(after)).toEqual(old.memory)
  expect(again.port).toBe(old.port)
  expect(again.armedPartitions).toEqual([1, 2])
  const { state } = again.core
  expect([state.numbers(0x0b), state.numbers(0x00), state.numbers(0x04), state.numbers(0x06)]).toEqual([
    [1, 2],
    [2],
    [2],
    [3],
  ])
  expect(again.core.clock.errorMs()).toBe(77_000)
  expect(again.core.users.byCode('8080')?.number).toBe(1)
  // The zone is still violated; its return to normal is written after the restart.
  await again.do({ action: 'restore', zone: 2 })
  expect(lines(after).at(-1)).toMatchObject({ seq: old.ledger.length + 1, code: 130, restore: true, zone: 2 })
  expect((await memory(after)).slice(1)).toEqual(old.memory)
})

test('running delays go on: an exit delay ends in arming, an entry delay in the alarm, a siren falls silent', async () => {
  const stateDir = folder()
  const before = await start(stateDir)
  await before.panel('test').do({ action: 'arm', partition: 1, now: true })
  await before.panel('test').do({ action: 'violate', zone: 1 })
  await before.panel('test').do({ action: 'alarm', zone: 8 })
  await before.close()
  const time = new ManualTime(Date.UTC(2026, 3, 23, 6, 24, 0))
  const after = closing(await start(stateDir, { time }))
  const { state } = after.panel('test').core
  expect([state.numbers(0x0e), state.numbers(0x13)]).toEqual([[1], [2]])
  time.advance(20_000)
  expect(lines(after).at(-1)).toMatchObject({ code: 134, zone: 1 })
  time.advance(60_000)
  expect(state.any(0x13)).toBe(false)
})

test('an erased memory stays erased, its ledger lines stay', async () => {
  const stateDir = folder()
  const before = await start(stateDir)
  for (let i = 0; i < 3; i++) await before.panel('test').do({ action: 'test_transmission' })
  await before.panel('test').do({ action: 'reset_memory' })
  const old = await memory(before)
  expect(old).toHaveLength(1)
  await before.close()
  const after = closing(await start(stateDir))
  expect(await memory(after)).toEqual(old)
  expect(lines(after)).toHaveLength(4)
})

test('a panel added while running comes back by itself, a removed one does not', async () => {
  const stateDir = folder()
  const before = await start(stateDir)
  await before.addPanel(testPanel({ id: 'added', name: 'Dodana' }))
  await before.addPanel(testPanel({ id: 'removed' }))
  await before.panel('added').do({ action: 'test_transmission' })
  await before.panel('removed').do({ action: 'test_transmission' })
  const { port } = before.panel('added')
  await before.removePanel('removed')
  await before.close()
  const after = closing(await start(stateDir))
  expect(after.panels.map(({ id }) => id)).toEqual(['test', 'added'])
  expect([after.panel('added').name, after.panel('added').port]).toEqual(['Dodana', port])
  expect(lines(after).map(({ panel }) => panel)).toEqual(['added', 'removed'])
})

test('when somebody has taken the port meanwhile, the panel moves', async () => {
  const stateDir = folder()
  const before = await start(stateDir)
  const { port } = before.panel('test')
  await before.close()
  const squatter = createServer()
  closing({ close: () => squatter.close() })
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve))
  const after = closing(await start(stateDir))
  expect(after.panel('test').port).not.toBe(port)
  const client = closing(await RawClient.connect(after.panel('test')))
  expect(await client.call('09')).toBe('09 00 00 00 00')
})

test('a torn tail is cut off and what is written over it is whole', async () => {
  const stateDir = folder()
  const before = await start(stateDir)
  for (let i = 0; i < 3; i++) await before.panel('test').do({ action: 'test_transmission' })
  await before.close()
  const path = join(stateDir, 'panels.journal')
  // The last event is gone, and behind it stands the first part of a long entry.
  truncateSync(path, statSync(path).size - 45)
  appendFileSync(path, Buffer.concat([Buffer.of(1, 0, 0, 1, 0), Buffer.alloc(20_000)]))
  const between = await start(stateDir)
  expect(lines(between)).toHaveLength(2)
  expect(statSync(path).size).toBeLessThan(5_000)
  await between.panel('test').do({ action: 'test_transmission' })
  await between.close()
  const after = closing(await start(stateDir))
  expect(lines(after).map(({ seq }) => seq)).toEqual([1, 2, 3])
  expect(await memory(after)).toHaveLength(3)
})

test('a folder in use, and a file of something else, are refused', async () => {
  const stateDir = folder()
  const first = closing(await start(stateDir))
  await expect(start(stateDir)).rejects.toMatchObject({ code: 'STATE_DIR_IN_USE' })
  await first.close()
  const other = folder()
  appendFileSync(join(other, 'panels.journal'), 'not a journal at all')
  await expect(start(other)).rejects.toMatchObject({ code: 'STATE_DIR_BROKEN' })
})

test('the file holds no code in clear but of users that were changed, and only its owner can read it', async () => {
  const stateDir = folder()
  const simulator = closing(await start(stateDir))
  await simulator.panel('test').do({ action: 'test_transmission' })
  const path = join(stateDir, 'panels.journal')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'latin1')).not.toContain('246810')
})

test('the file is rewritten when it has grown, and nothing is lost by it', async () => {
  const stateDir = folder()
  const options = {
    ledgerLimit: 4_096,
    stateRewriteBytes: 100_000,
    panels: [testPanel({ eventMemory: { capacity: 5_000 } }), testPanel({ id: 'quiet' }), testPanel({ id: 'erased' })],
  }
  const before = await start(stateDir, options)
  const quiet = before.panel('quiet')
  await quiet.do({ action: 'violate', zone: 4 })
  await before.addPanel(testPanel({ id: 'gone' }))
  await before.panel('gone').do({ action: 'test_transmission' })
  await before.removePanel('gone')
  for (let i = 0; i < 6_000; i++) {
    await before.panel('test').do({ action: i % 2 === 0 ? 'violate' : 'restore', zone: 4 })
    if (i === 3_000) await before.panel('erased').do({ action: 'violate', zone: 4 })
    if (i === 3_001) await before.panel('erased').do({ action: 'reset_memory' })
  }
  await before.panel('test').do({ action: 'arm', now: true, partition: 2 })
  // The quiet panel's only record has left the ledger, not its memory.
  expect(before.ledger.firstSeq).toBeGreaterThan(1)
  const old = {
    ledger: lines(before),
    summary: ledgerSummary(before),
    memories: [await memory(before), await memory(before, 'quiet'), await memory(before, 'erased')],
    bits: [quiet.core.state.numbers(0x14), before.panel('test').armedPartitions],
  }
  expect(old.memories.map(({ length }) => length)).toEqual([5_000, 1, 1])
  // 6,000 operations wrote more than a megabyte in all.
  expect(statSync(join(stateDir, 'panels.journal')).size).toBeLessThan(900_000)
  await before.close()

  const after = closing(await start(stateDir, options))
  expect(lines(after)).toEqual(old.ledger)
  expect(ledgerSummary(after)).toEqual(old.summary)
  expect([await memory(after), await memory(after, 'quiet'), await memory(after, 'erased')]).toEqual(old.memories)
  expect([after.panel('quiet').core.state.numbers(0x14), after.panel('test').armedPartitions]).toEqual(old.bits)
  await after.panel('quiet').do({ action: 'restore', zone: 4 })
  expect(after.ledger.entry(after.ledger.nextSeq - 1)).toMatchObject({ panel: 'quiet', restore: true, zone: 4 })
})

/** The embedded profile runs simulator and system in one process and loses both at once. */
test('kill -9 in the middle of a burst: every signal a client was told is in the ledger and in the memory', async () => {
  const stateDir = folder()
  const program = `
    import { benchPanels, createSimulator } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    const simulator = await createSimulator({ panels: benchPanels(3, { serviceCode: '123456' }), latency: 'zero', stateDir: process.argv[1] })
    console.log(JSON.stringify(simulator.panels.map(({ id, port }) => ({ id, port }))))
    simulator.scenarios.start({ name: '', steps: [], repeat: 1, burst: { panels: '*', count: 1000000, overMs: 100000, action: 'violate', restoreAtEnd: true } })
    setInterval(() => {}, 1000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const started = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data: Buffer) => resolve(data.toString())),
  )
  const panels = JSON.parse(started) as { id: string; port: number }[]
  // A client reads the newest record over and over; the last one it was told must survive.
  const told = new Map<string, string>()
  const clients = await Promise.all(panels.map(({ port }) => RawClient.connect({ host: '127.0.0.1', port })))
  for (let round = 0; round < 60; round++) {
    for (const [i, client] of clients.entries()) {
      const bytes = (await client.call('8C FF FF FF')).split(' ').slice(1, 12)
      told.set((panels[i] as { id: string }).id, bytes.join('').toLowerCase())
    }
  }
  child.kill('SIGKILL')
  await exited
  for (const client of clients) client.close()

  const after = closing(await createSimulator({ stateDir, latency: 'zero', panels: [] }))
  const { entries } = after.ledger.page(0, 100_000)
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1))
  const alarms = entries.filter(({ raisesAlarm }) => raisesAlarm)
  expect(alarms.length).toBeGreaterThan(20)
  const known = new Set(entries.map(({ panel, record, token }) => `${panel} ${record}${token}`))
  for (const [id, bytes] of told) expect(known.has(`${id} ${bytes}`), `${id} ${bytes}`).toBe(true)
})
