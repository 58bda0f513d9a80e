import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Log, runApp } from '@stam/runtime'
import { isRefusal, type Station, type StationOptions, startStation } from '@stam/station'
import { buildConsole } from './build-console.ts'
import { ROOT } from './run-tool.ts'

const EXIT_USAGE = 2

interface UpOptions extends Pick<StationOptions, 'dataFolder' | 'host' | 'port' | 'panels' | 'simulator'> {
  readonly json: boolean
}

/** `./stam up`: starts the station in this process and stays until a signal. */
export async function run(argv: readonly string[]): Promise<number> {
  const options = parseUp(argv)
  if (typeof options === 'string') {
    process.stderr.write(`stam up: ${options}\n`)
    return EXIT_USAGE
  }
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  return runApp({
    name: 'station',
    config: () => options,
    log: terminalLog(say),
    async start(context) {
      const startedAt = performance.now()
      const station = await startOrExplain(options, say)
      station.lost.catch((error: Error) => {
        say(`stam: ${error.message}`)
        context.stop('the station cannot go on', 1)
      })
      process.stdout.write(options.json ? jsonLine(station) : announcement(station, performance.now() - startedAt))
      return station
    },
  })
}

async function startOrExplain(options: UpOptions, say: (line: string) => void): Promise<Station> {
  const { json, ...stationOptions } = options
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const quietly = json ? () => {} : say
  try {
    await buildConsole(quietly)
    return await startStation({
      ...stationOptions,
      consoleFolder: join(ROOT, 'apps/console/dist'),
      version,
      say: quietly,
    })
  } catch (error) {
    say(`stam: ${isRefusal(error) ? error.message : ((error as Error).stack ?? String(error))}`)
    throw error
  }
}

/** @returns the options, or what is wrong with them. */
export function parseUp(argv: readonly string[]): UpOptions | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        data: { type: 'string' },
        panels: { type: 'string' },
        'no-simulator': { type: 'boolean' },
        json: { type: 'boolean' },
      },
    })
    const port = wholeNumber('--port', values.port, 65_535)
    const panels = wholeNumber('--panels', values.panels, 5_000)
    return {
      dataFolder: values.data ?? join(ROOT, 'stam-data'),
      ...(port === undefined ? {} : { port }),
      ...(values.host === undefined ? {} : { host: values.host }),
      ...(panels === undefined ? {} : { panels }),
      simulator: values['no-simulator'] !== true,
      json: values.json === true,
    }
  } catch (error) {
    return (error as Error).message
  }
}

function wholeNumber(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text) || Number(text) > most) throw new Error(`${name} needs a whole number from 0 to ${most}`)
  return Number(text)
}

/** The one line of `--json`; a promise to the programs that read it. */
export function jsonLine({ url, simulatorUrl, users, setup }: Station): string {
  return `${JSON.stringify({ ready: true, url, simulator: simulatorUrl, users, setup })}\n`
}

function announcement({ url, simulatorUrl, users, setup }: Station, ms: number): string {
  const width = Math.max(...users.map(({ email }) => email.length), 0)
  return [
    '',
    `  stam-replacer is ready (${(ms / 1_000).toFixed(1)} s)`,
    '',
    `  console     ${url}`,
    ...(simulatorUrl === null ? [] : [`  simulator   ${simulatorUrl}`]),
    '',
    ...users.map(({ email, password, role }) => `  ${role.padEnd(12)}  ${email.padEnd(width)}  ${password}`),
    ...(setup === null
      ? []
      : [
          '  There is nobody yet. Open the console and make the first administrator with this code:',
          '',
          `  setup code  ${setup.code}   (once, until ${setup.expiresAt})`,
        ]),
    '',
    '  Ctrl-C stops it; the data stays.',
    '',
    '',
  ].join('\n')
}

/** What the runner itself has to say; the station's own log is in the data folder. */
function terminalLog(say: (line: string) => void): Log {
  const told = (event: string, fields: Readonly<Record<string, unknown>> = {}) => {
    const { error } = fields
    // A failed start has been explained already.
    if (event !== 'app_start_failed') say(`stam: ${event}${error instanceof Error ? `: ${error.stack}` : ''}`)
  }
  const log: Log = { debug() {}, info() {}, warn: told, error: told, child: () => log, enabled: () => false }
  return log
}
