import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { createLog } from './log.ts'
import { requestId, withTrace } from './trace.ts'

function capture(level: 'debug' | 'info' = 'info') {
  const lines: Record<string, unknown>[] = []
  const log = createLog({
    service: 'backend',
    level,
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  })
  return { log, lines }
}

describe('a line', () => {
  test('carries timestamp, level, service, event and fields', () => {
    const { log, lines } = capture()
    log.warn('panel_link_lost', { panel_id: 'p1', attempts: 3 })
    expect(lines).toEqual([
      {
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: 'warn',
        service: 'backend',
        event: 'panel_link_lost',
        panel_id: 'p1',
        attempts: 3,
      },
    ])
  })

  test('carries the request id of the work it was written in', async () => {
    const { log, lines } = capture()
    await withTrace({ request_id: 'req-12345678', alarm_id: 'a1' }, async () => {
      await Promise.resolve()
      log.child({ module: 'alarms' }).info('alarm_claimed')
    })
    log.info('outside')
    expect(lines[0]).toMatchObject({ request_id: 'req-12345678', alarm_id: 'a1', module: 'alarms' })
    expect(lines[1]).not.toHaveProperty('request_id')
  })

  test('never carries a secret, whichever way it came in', () => {
    const { log, lines } = capture()
    log
      .child({ token: 'hunter2' })
      .error('login_failed', { body: { password: 'hunter2' }, error: new Error('Bearer hunter2') })
    expect(JSON.stringify(lines)).not.toContain('hunter2')
  })

  test("does not let a field take the line's own names", () => {
    const { log, lines } = capture()
    log.info('x', { level: 'high', event: 'other' })
    expect(lines[0]).toMatchObject({ level: 'info', event: 'x', level_field: 'high', event_field: 'other' })
  })

  test('below the level is not written', () => {
    const { log, lines } = capture()
    log.debug('frame', { hex: 'fefe' })
    expect(lines).toEqual([])
    expect(log.enabled('debug')).toBe(false)
  })
})

test('an incoming request id is used when it is harmless and replaced otherwise', () => {
  expect(requestId('req-12345678')).toBe('req-12345678')
  for (const bad of ['short', 'with space in it', 'x'.repeat(129), 'line\nbreak-injected', undefined, ['a', 'b']]) {
    expect(requestId(bad)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  }
})

describe('a process', () => {
  const run = (script: string) =>
    spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: import.meta.dirname,
    })

  test('writes every line it was told, also those of its last moment', () => {
    const { stdout, status } = run(`
      import { createLog } from './log.ts'
      const log = createLog({ service: 'x' })
      for (let n = 0; n < 5000; n++) log.info('line', { n })
      process.exit(3)`)
    const lines = stdout.trim().split('\n')
    expect(status).toBe(3)
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(
      Array.from({ length: 5_000 }, (_, n) => n),
    )
  })

  test('has its warnings written when it is killed, with what came before them', () => {
    const { stdout, signal } = run(`
      import { createLog } from './log.ts'
      const log = createLog({ service: 'x' })
      log.info('before')
      log.warn('trouble')
      process.kill(process.pid, 'SIGKILL')
      for (;;);`)
    expect(signal).toBe('SIGKILL')
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { event: string }).event),
    ).toEqual(['before', 'trouble'])
  })

  test('goes on working when nobody reads its lines any more', () => {
    const { status, stderr } = spawnSync(
      'sh',
      [
        '-c',
        `"$0" --disable-warning=ExperimentalWarning --input-type=module -e "$1" | head -c 1 >&2; exit 0`,
        process.execPath,
        `
      import { createLog } from './log.ts'
      const log = createLog({ service: 'x' })
      let n = 0
      const timer = setInterval(() => { log.info('line', { n }); log.warn('line'); if (++n === 50) { clearInterval(timer); process.stderr.write('worked on') } }, 5)`,
      ],
      {
        encoding: 'utf8',
        cwd: import.meta.dirname,
      },
    )
    expect(status).toBe(0)
    expect(stderr).toBe('{worked on')
  })
})
