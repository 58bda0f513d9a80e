/**
 * `npm run advisories`: asks the registry for known vulnerabilities of everything in the lock file. Exit code 0: none but the accepted
 * ones; 1: some; 3: the registry gave no answer, so nothing is known (which is no pass).
 */
import { spawnSync } from 'node:child_process'
import { ACCEPTED_ADVISORIES } from './accepted-advisories.ts'
import { advisoriesOf, unaccepted } from './dependency-rules.ts'
import { ROOT } from './source-files.ts'

const LIMIT_MS = 60_000

const asked = spawnSync('npm', ['audit', '--json'], { cwd: ROOT, encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: 64e6 })
const report = parse(asked.stdout ?? '')
const found = advisoriesOf(report)
if (found === null) {
  const why = (report as { message?: string } | null)?.message ?? asked.error?.message ?? 'no answer'
  process.stdout.write(`skipped, nothing is known: ${why.replaceAll(/https?:\/\/[^/\s]+/g, 'the registry')}\n`)
  process.exitCode = 3
} else {
  const open = unaccepted(found, ACCEPTED_ADVISORIES, new Date().toISOString().slice(0, 10))
  for (const { id, packageName, severity, title } of open) {
    process.stdout.write(`${severity}: ${packageName}: ${title} (${id})\n`)
  }
  process.stdout.write(`${found.length} known, ${found.length - open.length} accepted\n`)
  process.exitCode = open.length > 0 ? 1 : 0
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
