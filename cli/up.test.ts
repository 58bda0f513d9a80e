import { expect, test } from 'vitest'
import { commands, usage } from './commands.ts'
import { jsonLine, parseUp } from './up.ts'

test('options are read, and what is left out is left to the station', () => {
  expect(parseUp([])).toEqual({ dataFolder: expect.stringMatching(/stam-data$/), simulator: true, json: false })
  expect(
    parseUp(['--port', '0', '--data', '/x', '--panels', '3', '--host', '127.0.0.2', '--no-simulator', '--json']),
  ).toEqual({ dataFolder: '/x', port: 0, panels: 3, host: '127.0.0.2', simulator: false, json: true })
})

test.each([
  [['--port', 'eighty'], '--port'],
  [['--port', '65536'], '--port'],
  [['--panels', '-1'], '--panels'],
  [['--panels', '5001'], '--panels'],
  [['--prot', '1'], '--prot'],
  [['now'], 'now'],
])('%j is refused, naming what is wrong', (argv, named) => {
  expect(parseUp(argv)).toEqual(expect.stringContaining(named))
})

test('the line for programs is one line with what was promised', () => {
  const station = {
    url: 'http://127.0.0.1:1',
    simulatorUrl: 'http://127.0.0.1:2',
    users: [{ email: 'a@b', password: 'p', role: 'MASTER' }],
    setup: null,
    lost: new Promise<never>(() => {}),
    close: async () => {},
  }
  expect(JSON.parse(jsonLine(station))).toEqual({
    ready: true,
    url: 'http://127.0.0.1:1',
    simulator: 'http://127.0.0.1:2',
    users: [{ email: 'a@b', password: 'p', role: 'MASTER' }],
    setup: null,
  })
  expect(jsonLine(station).split('\n')).toEqual([expect.any(String), ''])
})

test('every command that is listed can be carried out', async () => {
  expect(commands.map(({ name }) => name)).toContain('up')
  for (const { name, module } of commands) {
    expect(usage()).toContain(`./stam ${name}`)
    expect(module).toMatch(/^\.\//)
  }
})
