/** Resolves when the condition holds. @throws Error naming it when that takes longer than the limit */
export async function waitUntil(
  what: string,
  limitMs: number,
  condition: () => Promise<boolean> | boolean,
  everyMs = 50,
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${Math.round(limitMs / 1000)} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
