import { afterAll, beforeAll, expect } from 'vitest'

/** What keeps a process alive when somebody forgot to close it. */
const WATCHED = ['TCPSocketWrap', 'TCPServerWrap', 'UDPWrap', 'ProcessWrap', 'Timeout'] as const
type Watched = (typeof WATCHED)[number]

const IN_WORDS: Record<Watched, string> = {
  TCPSocketWrap: 'open TCP connection',
  TCPServerWrap: 'listening TCP server',
  UDPWrap: 'open UDP socket',
  ProcessWrap: 'running child process',
  Timeout: 'pending timer',
}

/** A closed socket leaves within a few turns of the event loop; a keep-alive one within its second. */
const GRACE_MS = 1_500

function count(): Record<Watched, number> {
  const active = process.getActiveResourcesInfo()
  return Object.fromEntries(WATCHED.map((kind) => [kind, active.filter((name) => name === kind).length])) as Record<
    Watched,
    number
  >
}

/** What is there now and was not `before`, in words; empty is how it should be. */
export function leaksSince(before: Record<Watched, number>): string[] {
  const now = count()
  return WATCHED.filter((kind) => now[kind] > before[kind]).map(
    (kind) => `${now[kind] - before[kind]} ${IN_WORDS[kind]}`,
  )
}

/** Fails a test file that leaves connections, servers, child processes or timers behind. Call once, at the top of a file. */
export function failOnLeaks(): void {
  let before: Record<Watched, number>
  beforeAll(() => {
    // The runner's own timers of this moment end by themselves; counting them in would hide as many of ours.
    before = { ...count(), Timeout: 0 }
  })
  afterAll(async () => {
    const deadline = performance.now() + GRACE_MS
    while (leaksSince(before).length > 0 && performance.now() < deadline) {
      // Unreferenced, so that waiting is not counted as a timer itself.
      await new Promise<void>((resolve) => setTimeout(resolve, 20).unref())
    }
    expect(leaksSince(before), 'left behind by this file').toEqual([])
  })
}
