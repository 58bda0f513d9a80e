/** What a dependency must be before anything of it runs here; read from the lock file and from what is installed. Pure. */
export interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly link?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly hasInstallScript?: boolean
}

/** Of the package.json of an installed package. */
export interface InstalledManifest {
  readonly version?: string
  readonly license?: unknown
  readonly scripts?: Readonly<Record<string, string>>
}

/** A known vulnerability that does not touch us, for so long as it says. */
export interface AcceptedAdvisory {
  /** `GHSA-…` */
  readonly id: string
  readonly packageName: string
  readonly reason: string
  /** ISO day; afterwards somebody has to look again. */
  readonly until: string
}

const REGISTRY = 'https://registry.npmjs.org/'
/** Permissive, or (MPL-2.0, OFL-1.1) copyleft of the file alone, which is used as it is. */
export const LICENCES: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT OR Apache-2.0',
  'MPL-2.0',
  'OFL-1.1',
  'Unlicense',
])
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'] as const

/** @param mayRunScripts names of packages whose install script is allowed: `allowScripts` of the root package.json */
export function checkLockedPackages(
  packages: Readonly<Record<string, LockedPackage>>,
  mayRunScripts: ReadonlySet<string>,
): string[] {
  return Object.entries(packages).flatMap(([path, entry]) => {
    const name = nameOf(path)
    if (name === null || entry.link) return []
    const faults: string[] = []
    if (!/^\d+\.\d+\.\d+/.test(entry.version ?? '')) faults.push(`has no exact version`)
    if (entry.resolved !== undefined && !entry.resolved.startsWith(REGISTRY))
      faults.push(`comes from ${entry.resolved}`)
    if (!/^sha512-[\w+/]{86}==/.test(entry.integrity ?? '') && !isPartOfOtherPlatform(entry)) {
      faults.push('has no sha512 integrity')
    }
    if (!LICENCES.has(entry.license ?? '')) faults.push(`has the licence ${entry.license ?? 'none'}`)
    if (entry.hasInstallScript && !mayRunScripts.has(name)) faults.push('wants to run an install script')
    return faults.map((fault) => `${path} ${fault}`)
  })
}

/** The lock file only says what was true when it was written: this is what lies on the disk. */
export function checkInstalled(
  path: string,
  locked: LockedPackage,
  manifest: InstalledManifest,
  mayRunScripts: ReadonlySet<string>,
): string[] {
  const faults: string[] = []
  if (manifest.version !== locked.version) faults.push(`is ${manifest.version}, locked is ${locked.version}`)
  const script = INSTALL_SCRIPTS.find((name) => manifest.scripts?.[name] !== undefined)
  if (script !== undefined && !mayRunScripts.has(nameOf(path) ?? '')) faults.push(`has a ${script} script`)
  return faults.map((fault) => `${path} ${fault}`)
}

/** @param today ISO day */
export function checkAccepted(accepted: readonly AcceptedAdvisory[], today: string): string[] {
  return accepted.flatMap(({ id, packageName, reason, until }) => [
    ...(until < today ? [`${id} of ${packageName} was accepted until ${until}: look again`] : []),
    ...(reason.length < 30 ? [`${id} of ${packageName} was accepted without a reason`] : []),
  ])
}

export interface Advisory {
  readonly id: string
  readonly packageName: string
  readonly severity: string
  readonly title: string
}

/** Advisories in the answer of `npm audit --json`; null when it is no answer. */
export function advisoriesOf(report: unknown): Advisory[] | null {
  const { vulnerabilities } = (report ?? {}) as { vulnerabilities?: Record<string, { via: unknown[] }> }
  if (typeof vulnerabilities !== 'object' || vulnerabilities === null) return null
  const found = new Map<string, Advisory>()
  for (const { via } of Object.values(vulnerabilities)) {
    for (const cause of via) {
      if (typeof cause !== 'object' || cause === null) continue
      const { url = '', name = '', severity = '', title = '' } = cause as Record<string, string>
      const id = url.split('/').at(-1) ?? url
      found.set(`${id} ${name}`, { id, packageName: name, severity, title })
    }
  }
  return [...found.values()]
}

/** Advisories nobody has accepted, or no longer. */
export function unaccepted(
  found: readonly Advisory[],
  accepted: readonly AcceptedAdvisory[],
  today: string,
): Advisory[] {
  return found.filter(
    ({ id, packageName }) =>
      !accepted.some((one) => one.id === id && one.packageName === packageName && one.until >= today),
  )
}

/**
 * Native parts for other machines than the one the project is built and shipped on (x64 Linux with glibc) may stand in the lock
 * file by name and version alone (see lock-file.ts): they are never installed there.
 */
function isPartOfOtherPlatform({ optional, os, cpu, libc }: LockedPackage): boolean {
  const fits = (wanted: readonly string[] | undefined, ours: string) => wanted === undefined || wanted.includes(ours)
  return optional === true && !(fits(os, 'linux') && fits(cpu, 'x64') && fits(libc, 'glibc'))
}

/** Null for what is ours. */
function nameOf(path: string): string | null {
  const at = path.lastIndexOf('node_modules/')
  return at < 0 ? null : path.slice(at + 'node_modules/'.length)
}
