import { eventually } from '@stam/testkit'

/** Waits until the expectations in `check` hold; fails with the last of them after 20 s. */
export function until(check: () => void | Promise<void>, deadlineMs = 20_000): Promise<true> {
  return eventually(
    async () => {
      await check()
      return true
    },
    { deadlineMs },
  )
}
