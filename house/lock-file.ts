/** The part of package-lock.json that is looked at. */
export interface LockFile {
  readonly packages: Record<string, LockEntry>
}

export interface LockEntry {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly license?: string
  readonly engines?: Record<string, string>
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly link?: boolean
  readonly optionalDependencies?: Record<string, string>
}

/** An optional dependency (a native part for one platform, as a rule) without an entry of its own. */
export interface MissingEntry {
  readonly parent: string
  readonly name: string
  readonly version: string
}

/**
 * Optional dependencies the lock file forgets. npm leaves them out when it cannot see them where the file was last written
 * (another platform, a registry that lacks them), and `npm ci` of npm 11 then refuses the whole file.
 */
export function missingEntries({ packages }: LockFile): MissingEntry[] {
  return Object.entries(packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => resolve(packages, parent, name) === undefined)
      .map(([name, version]) => ({ parent, name, version })),
  )
}

/** The lock file with every missing entry added, described by its name and by a sibling that is there. */
export function completeLockFile<File extends LockFile>(lock: File): File {
  const packages: Record<string, LockEntry> = { ...lock.packages }
  for (const { parent, name, version } of missingEntries(lock)) {
    const siblings = Object.keys(packages[parent]?.optionalDependencies ?? {})
    const sibling = siblings.map((other) => packages[`node_modules/${other}`]).find((entry) => entry !== undefined)
    packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      ...(packages[parent]?.dev === undefined ? {} : { dev: packages[parent].dev }),
      ...(sibling?.license === undefined ? {} : { license: sibling.license }),
      optional: true,
      ...(sibling?.engines === undefined ? {} : { engines: sibling.engines }),
    }
  }
  return {
    ...lock,
    packages: Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'))),
  }
}

/** Looks upwards from the dependent, as Node does. */
function resolve(packages: LockFile['packages'], from: string, name: string): LockEntry | undefined {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const found = packages[`${base === '' ? '' : `${base}/`}node_modules/${name}`]
    if (found !== undefined) return found
    if (base === '') return undefined
    if (!base.includes('/node_modules/')) base = ''
  }
}

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[-/]/)
  const pick = (known: readonly string[]) => known.filter((word) => words.includes(word)).slice(0, 1)
  const [os, cpu] = [pick(SYSTEMS), pick(PROCESSORS)]
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word === 'gnu')
      ? ['glibc']
      : []
  return {
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    ...(os.length > 0 ? { os } : {}),
  }
}
