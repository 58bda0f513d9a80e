import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { installDebianPackages } from '@stam/testkit'
import { findDrills, runDrills } from '../lab/run-drills.ts'
import { buildConsole } from './build-console.ts'
import { endRunningTools, ROOT, runTool, type ToolOptions } from './run-tool.ts'
import { addTally, honestTally, NOTHING, playwrightTally, type Tally, vitestTally } from './tally.ts'

const MINUTE_MS = 60_000
const STATE_FOLDER = join(ROOT, '.stam')
const VITEST_REPORT = join(STATE_FOLDER, 'vitest-result.json')
/** Written there by e2e/playwright.config.ts. */
const BROWSER_REPORT = join(STATE_FOLDER, 'e2e-result.json')
/** A browser for the browser tests, real servers for the tests of bus and live. */
const DEBIAN_PACKAGES = ['chromium', 'redis-server', 'rabbitmq-server', 'pgbouncer', 'nginx-light']

/** The ways in which an alarm is lost most easily: broker, backend and worker gone under load, and everybody reaching for the same alarm. */
const SHORT_DRILLS = ['CH-02', 'CH-04', 'CH-05', 'RC-02']
const DRILL_PANELS = 20

interface Step {
  readonly title: string
  run(): Promise<Tally>
}

const tool = async (script: string, args: readonly string[], options: ToolOptions) =>
  honestTally({ passed: 1, failed: 0 }, await runTool(script, args, options)).failed > 0
    ? { passed: 0, failed: 1 }
    : { passed: 1, failed: 0 }

const STATIC: readonly Step[] = [
  {
    title: 'format',
    run: () =>
      tool('node_modules/@biomejs/biome/bin/biome', ['format', '.'], { limitMs: 2 * MINUTE_MS, output: 'quiet' }),
  },
  {
    title: 'lint',
    run: () => tool('node_modules/oxlint/bin/oxlint', ['--type-aware'], { limitMs: 3 * MINUTE_MS, output: 'quiet' }),
  },
  {
    title: 'types',
    run: () =>
      tool('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json'], { limitMs: 4 * MINUTE_MS, output: 'quiet' }),
  },
  {
    title: 'types of the console',
    run: () =>
      tool('node_modules/typescript/bin/tsc', ['-p', 'apps/console/tsconfig.json'], {
        limitMs: 4 * MINUTE_MS,
        output: 'quiet',
      }),
  },
  {
    title: 'types of the development centre',
    run: () =>
      tool('node_modules/typescript/bin/tsc', ['-p', 'apps/console/dev/tsconfig.json'], {
        limitMs: 2 * MINUTE_MS,
        output: 'quiet',
      }),
  },
  {
    title: 'dependencies, unused files',
    run: () =>
      tool('node_modules/knip/bin/knip.js', ['--no-progress', '--no-config-hints'], {
        limitMs: 3 * MINUTE_MS,
        output: 'quiet',
      }),
  },
  { title: 'known vulnerabilities of dependencies', run: advisories },
]

const NOTHING_KNOWN = 3

/** Without an answer of the registry nothing is known: neither passed nor failed, and said so. */
async function advisories(): Promise<Tally> {
  const code = await runTool('house/ask-advisories.ts', [], { limitMs: 2 * MINUTE_MS })
  if (code === NOTHING_KNOWN) return NOTHING
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/**
 * `./stam test [FILTER]`. With a filter only tests whose path contains it; without, everything. The last line of the
 * output is `N passed, N failed` over all runners.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const [filter, ...rest] = argv
  if (rest.length > 0 || filter?.startsWith('-')) {
    process.stderr.write('usage: ./stam test [FILTER]\n')
    return 2
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      endRunningTools(signal)
      process.exit(130)
    })
  }
  mkdirSync(STATE_FOLDER, { recursive: true })
  let total = NOTHING
  for (const step of stepsFor(filter)) total = addTally(total, await carryOut(step))
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`)
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

function stepsFor(filter: string | undefined): Step[] {
  const specs = browserSpecs(filter)
  const steps: Step[] = [{ title: `Debian packages: ${DEBIAN_PACKAGES.join(', ')}`, run: installPackages }]
  if (filter === undefined) steps.push(...STATIC)
  steps.push({ title: 'architecture, unit and scenario tests', run: () => vitest(filter) })
  if (filter === undefined || filter === 'drills')
    steps.push({ title: `drills: ${SHORT_DRILLS.join(', ')}`, run: shortDrills })
  if (specs.length > 0) steps.push({ title: 'browser tests', run: () => playwright(specs) })
  return steps
}

async function carryOut(step: Step): Promise<Tally> {
  process.stdout.write(`\n── ${step.title}\n`)
  const startedAt = performance.now()
  let tally: Tally
  try {
    tally = await step.run()
  } catch (error) {
    process.stdout.write(`${(error as Error).message}\n`)
    tally = { passed: 0, failed: 1 }
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  process.stdout.write(`── ${step.title}: ${tally.passed} passed, ${tally.failed} failed (${seconds} s)\n`)
  return tally
}

async function installPackages(): Promise<Tally> {
  installDebianPackages(DEBIAN_PACKAGES, { print: (line) => process.stdout.write(`${line}\n`) })
  return NOTHING
}

async function vitest(filter: string | undefined): Promise<Tally> {
  const exitCode = await runReporting(VITEST_REPORT, 'node_modules/vitest/vitest.mjs', [
    'run',
    ...(filter === undefined ? [] : [filter, '--passWithNoTests']),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${VITEST_REPORT}`,
  ])
  return honestTally(readReport(VITEST_REPORT, vitestTally), exitCode)
}

async function shortDrills(): Promise<Tally> {
  const results = await runDrills(SHORT_DRILLS.flatMap(findDrills), {
    panels: DRILL_PANELS,
    say: (line) => void process.stdout.write(`${line}\n`),
    onResult: ({ drill, pass, emitted, lost, doubled, order, rto_ms, note }) =>
      void process.stdout.write(
        `${pass ? 'pass' : 'FAIL'} ${drill}: emitted ${emitted}, lost ${lost}, doubled ${doubled}, out of order ${order}, rto ${rto_ms ?? '-'} ms ${note}\n`,
      ),
  })
  const passed = results.filter(({ pass }) => pass).length
  return { passed, failed: results.length - passed }
}

async function playwright(specs: readonly string[]): Promise<Tally> {
  await buildConsole((line) => process.stdout.write(`${line}\n`))
  const exitCode = await runReporting(BROWSER_REPORT, 'node_modules/@playwright/test/cli.js', [
    'test',
    '--config',
    'e2e/playwright.config.ts',
    ...specs,
  ])
  return honestTally(readReport(BROWSER_REPORT, playwrightTally), exitCode)
}

/** A report of an earlier run must not be taken for this one's. */
async function runReporting(report: string, script: string, args: readonly string[]): Promise<number> {
  rmSync(report, { force: true })
  return runTool(script, args, { limitMs: 20 * MINUTE_MS })
}

function readReport(path: string, count: (report: unknown) => Tally): Tally | null {
  return existsSync(path) ? count(JSON.parse(readFileSync(path, 'utf8'))) : null
}

function browserSpecs(filter: string | undefined): string[] {
  return readdirSync(join(ROOT, 'e2e'))
    .filter((name) => name.endsWith('.spec.ts'))
    .filter((name) => filter === undefined || `e2e/${name}`.includes(filter))
}
