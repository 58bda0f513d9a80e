import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

const POLICY_FILE = '/usr/sbin/policy-rc.d'
/** Debian's rule: exit 101 means "do not start services now". Without it apt would start them on their standard ports. */
const POLICY_TEXT = '#!/bin/sh\nexit 101\n'

export interface DebianPackagesOptions {
  /** Where to say what is being done; standard error by default. */
  readonly print?: (line: string) => void
}

/**
 * Installs the packages that are missing, without starting any service, and prints what it does. Does nothing, and needs
 * no right, when all are there. Throws with the commands to run when it may not install (not root, no apt).
 */
export function installDebianPackages(names: readonly string[], options: DebianPackagesOptions = {}): void {
  const print = options.print ?? ((line) => void process.stderr.write(`${line}\n`))
  const missing = names.filter((name) => !isInstalled(name))
  if (missing.length === 0) return

  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0) throw new Error(`these Debian packages are missing; as root, run: ${command}`)
  print(`installing Debian packages: ${missing.join(' ')}`)
  const removePolicy = forbidServiceStart()
  try {
    // Two processes may both find a package missing: apt's own lock puts them in line, the second finds nothing to do.
    apt(['-o', 'DPkg::Lock::Timeout=300', 'update', '-qq'])
    apt(['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '-qq', '--no-install-recommends', ...missing])
  } finally {
    removePolicy()
  }
  const still = names.filter((name) => !isInstalled(name))
  if (still.length > 0)
    throw new Error(`apt-get ended without an error, yet these are not installed: ${still.join(' ')}`)
}

function isInstalled(name: string): boolean {
  const answer = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' })
  return answer.status === 0 && answer.stdout === 'installed'
}

/** Puts the policy file in place unless the host has one of its own; the result takes ours away again. */
function forbidServiceStart(): () => void {
  if (existsSync(POLICY_FILE)) return () => {}
  writeFileSync(POLICY_FILE, POLICY_TEXT, { mode: 0o755 })
  return () => rmSync(POLICY_FILE, { force: true })
}

function apt(args: readonly string[]): void {
  const command = ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
  const run = spawnSync('env', command, { encoding: 'utf8', timeout: 10 * 60_000 })
  if (run.error) throw new Error(`apt-get could not be run: ${run.error.message}`, { cause: run.error })
  if (run.status !== 0) throw new Error(`apt-get ${args.at(-1)} failed:\n${run.stderr.slice(-2000)}`)
}
