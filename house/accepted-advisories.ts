import type { AcceptedAdvisory } from './dependency-rules.ts'

/** Known vulnerabilities that do not touch this project. Each says why, and until when nobody has to look again: 90 days at most. */
export const ACCEPTED_ADVISORIES: readonly AcceptedAdvisory[] = []
