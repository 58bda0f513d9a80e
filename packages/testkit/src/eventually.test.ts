import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'

test('gives the first truthy value, also of a condition that throws until then', async () => {
  let looks = 0
  const value = await eventually(() => {
    expect(++looks).toBeGreaterThan(2)
    return looks > 3 ? { looks } : null
  })
  expect(value).toEqual({ looks: 4 })
})

test('says what was waited for, or the last assertion that failed', async () => {
  await expect(eventually(() => false, { deadlineMs: 30, what: 'the row' })).rejects.toThrow(
    'the row did not come true within 30 ms',
  )
  await expect(eventually(() => expect(1).toBe(2), { deadlineMs: 30 })).rejects.toThrow(/expected 1 to be 2/)
})
