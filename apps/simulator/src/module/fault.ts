import { z } from 'zod'

/** How a module can fail towards its client. The first eleven are the ones every tool knows. */
export const faultModes = [
  'none',
  'drop',
  'delay',
  'bad_crc',
  'half_frame',
  'garbage',
  'refuse',
  'freeze',
  'busy',
  'close',
  'split',
  'duplicate',
  'ignore',
] as const
export type FaultMode = (typeof faultModes)[number]

export const Fault = z.object({
  /**
   * none: healthy again · drop: the answer is lost · ignore: the request is lost · delay: the answer comes late ·
   * bad_crc, half_frame, garbage: spoilt answers · split: answers in two segments · duplicate: every answer twice ·
   * refuse: nothing listens · freeze: the socket stays open and silent · busy: somebody else holds the slot ·
   * close: the connection is cut now, and again at every request while the fault lasts
   */
  mode: z.enum(faultModes),
  /** Share of answers it strikes. */
  probability: z.number().gt(0).max(1).default(1),
  /** Ends after striking this often. */
  count: z.int().min(1).max(1_000_000).optional(),
  /** Ends after this time. */
  durationMs: z.int().min(1).max(86_400_000).optional(),
  /** For `delay`. */
  delayMs: z.int().min(1).max(600_000).default(5_000),
  /** For `close`: with a reset instead of a clean end. */
  reset: z.boolean().default(false),
})
export type Fault = z.infer<typeof Fault>
