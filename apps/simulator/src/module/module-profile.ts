export const moduleProfileNames = ['v1', 'v1-versioned', 'v2', 'v2-c1', 'v2-c2'] as const
export type ModuleProfileName = (typeof moduleProfileNames)[number]

/**
 * What an INT-RS or ETHM-1 of some age understands (reference 4.1, 4.3, 4.5). v1 is the original ETHM-1: no push, no
 * extra byte, no trouble parts 6..8, and before 2013-11-08 not even 0x7C.
 */
export interface ModuleProfile {
  readonly name: ModuleProfileName
  readonly generation: 1 | 2
  /** Whether 0x7C is answered at all. */
  readonly knowsVersion: boolean
  /** Capability byte of 0x7C. */
  readonly capabilities: number
  readonly version: string
  readonly date: string
  /** Data bytes of the widest new-data list. */
  readonly newDataBytes: 5 | 6 | 7
  /** Highest state read that is answered. */
  readonly lastStateRead: number
}

const CAPABILITY_PART8 = 0x02
const CAPABILITY_ARM_OPTION = 0x04

const PROFILES: Readonly<Record<ModuleProfileName, ModuleProfile>> = {
  v1: profile('v1', 1, false, 0x00, '1.04', '2012-05-27'),
  'v1-versioned': profile('v1-versioned', 1, true, 0x00, '1.07', '2014-01-15'),
  v2: profile('v2', 2, true, 0x01, '2.05', '2019-09-11'),
  'v2-c1': profile('v2-c1', 2, true, 0x03, '2.13', '2024-06-14'),
  'v2-c2': profile('v2-c2', 2, true, 0x07, '2.15', '2025-09-26'),
}

function profile(
  name: ModuleProfileName,
  generation: 1 | 2,
  knowsVersion: boolean,
  capabilities: number,
  version: string,
  date: string,
): ModuleProfile {
  const part8 = (capabilities & CAPABILITY_PART8) !== 0
  return {
    name,
    generation,
    knowsVersion,
    capabilities,
    version,
    date,
    newDataBytes: generation === 1 ? 5 : part8 ? 7 : 6,
    lastStateRead: generation === 1 ? 0x2b : part8 ? 0x31 : 0x2f,
  }
}

export function moduleProfile(name: ModuleProfileName): ModuleProfile {
  return PROFILES[name]
}

export function takesArmOption(module: ModuleProfile): boolean {
  return (module.capabilities & CAPABILITY_ARM_OPTION) !== 0
}
