/** Waits for a condition, with a deadline; for things that happen on a socket. */
export async function until(what: string, condition: () => boolean, deadlineMs = 10_000): Promise<void> {
  const end = Date.now() + deadlineMs
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never happened within ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}
