import { createBundler } from './bundling.ts'
import { enrichEvent } from './enrichment.ts'
import { repeatAnomaly } from './repeat-anomaly.ts'

/** The rules both doors into the database record by: the backend's, off the bus, and the worker's degraded one. */
export const recordingRules = { createBundler, enrichEvent, repeatAnomaly } as const
