import { describe, expect, test } from 'vitest'
import { encodeText } from './code-page.ts'
import { EVENT_ROWS } from './event-code-table.ts'
import { contactId, EVENT_MEANINGS, eventMeaning } from './event-codes.ts'

const KINDS = new Set([...Array.from({ length: 16 }, (_, i) => i), 30, 31, 32])

describe('event-code table', () => {
  test('has every row of the reference, ascending and once', () => {
    const codes = EVENT_ROWS.map(([code]) => code)
    expect(codes).toHaveLength(268)
    expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b))
  })

  test.each(EVENT_MEANINGS.map((meaning) => [meaning.code, meaning.restore, meaning] as const))(
    'code %s, R %s is complete',
    (_code, _restore, meaning) => {
      expect(KINDS).toContain(meaning.kind)
      expect(meaning.eventClass).toBeGreaterThanOrEqual(0)
      expect(meaning.eventClass).toBeLessThanOrEqual(7)
      for (const text of [meaning.english, meaning.polish]) {
        // The long text of a panel has 46 characters; a letter outside the code page would turn into a question mark.
        expect(text.length).toBeGreaterThan(0)
        expect(text.length).toBeLessThanOrEqual(46)
        expect(encodeText(text, 46)).not.toContain(0x3f)
      }
    },
  )

  test('the classes the reference observed', () => {
    expect(eventMeaning(422, true)?.eventClass).toBe(4)
    expect(eventMeaning(1019, false)?.eventClass).toBe(6)
  })

  test.each([
    [130, false, 'burglary', 'begin', 1],
    [130, true, 'burglary', 'end', 1],
    [401, false, 'arming', 'begin', 2],
    [401, true, 'arming', 'opposite', 2],
    [121, false, 'duress', 'begin', 2],
    [110, false, 'fire', 'begin', 1],
    [301, true, 'trouble', 'end', 4],
    [461, false, 'wrong_code', 'begin', 1],
    [604, false, 'test', 'begin', 2],
    [604, true, 'test', 'opposite', 5],
    [625, false, 'clock', 'begin', 6],
    [625, true, 'clock', 'opposite', 0],
    [50, false, 'communication', 'begin', 31],
  ] as const)('%s R %s: %s %s kind %s', (code, restore, category, phase, kind) => {
    expect(eventMeaning(code, restore)).toMatchObject({ category, phase, kind })
  })

  test('R of kind 3 is an address bit: both values mean the same', () => {
    for (const meaning of EVENT_MEANINGS.filter((it) => it.kind === 3)) {
      expect(eventMeaning(meaning.code, !meaning.restore)?.english).toBe(meaning.english)
    }
  })

  test('combinations nobody lists have no meaning', () => {
    expect(eventMeaning(1, true)).toBeUndefined()
    expect(eventMeaning(408, false)).toBeUndefined()
    expect(eventMeaning(25, false)).toBeUndefined()
    expect(eventMeaning(1024, false)).toBeUndefined()
  })

  test('Contact ID exists for 100 to 628', () => {
    expect(contactId(130, false)).toEqual({ qualifier: 1, code: 130 })
    expect(contactId(401, true)).toEqual({ qualifier: 3, code: 401 })
    expect([contactId(99, false), contactId(629, false), contactId(1019, false)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})
