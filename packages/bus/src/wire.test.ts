import { describe, expect, it } from 'vitest'
import { panelEvent, streamMessage } from '../test/events.ts'
import { decodeMessage, encodeMessage } from './wire.ts'

describe('the wire', () => {
  it('gives back what was encoded', () => {
    for (const message of [panelEvent(1, 2), streamMessage(3)]) {
      expect(decodeMessage(encodeMessage(message).body)).toEqual({ message })
    }
  })

  it('leaves out what the schema does not name', () => {
    const leaking = { ...panelEvent(1, 1), user_code: '1234' }
    expect(encodeMessage(leaking).body.toString()).not.toContain('1234')
  })

  it('says which fields are wrong and never what is in them', () => {
    const wrong = { ...panelEvent(1, 1), raw_payload: 'SECRET', zone_no: 12_345 }
    const { problem } = decodeMessage(Buffer.from(JSON.stringify(wrong))) as { problem: string }
    expect(problem).toBe('breaks its schema: zone_no: too_big; raw_payload: invalid_format')
    expect(() => encodeMessage(wrong)).toThrowError(expect.objectContaining({ code: 'BUS_REJECTED' }))
  })

  it.each(['', '{', 'null', '[]', '7', '"text"', '{"kind":"unheard-of"}', '\u0000'])(
    'takes no %j for a message',
    (text) => {
      expect(decodeMessage(Buffer.from(text))).toEqual({ problem: expect.any(String) })
    },
  )

  it('shortens a long list of problems', () => {
    const { problem } = decodeMessage(Buffer.from('{"kind":"panel-event"}')) as { problem: string }
    expect(problem).toMatch(/; and \d+ more$/)
  })
})
