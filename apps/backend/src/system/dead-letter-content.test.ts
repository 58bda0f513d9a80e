import { describe, expect, it } from 'vitest'
import { visibleContent } from './dead-letter-content.ts'

const event = {
  kind: 'panel-event',
  source: 'STATE',
  zone_no: 5,
  raw_payload: 'fe02',
  description: { pl: 'x', en: 'y' },
}

describe('what is seen of a dead letter', () => {
  it('is every field known to be harmless, even where its value is what was wrong', () => {
    expect(visibleContent({ ...event, zone_no: 'five' }, false)).toEqual({
      payload: { ...event, zone_no: 'five' },
      hidden: [],
      readable: true,
    })
  })

  it.each(['user_code', 'sender_phone', 'password', 'access_token', 'anything_new'])(
    'is never %s, for nobody, but that it is there',
    (field) => {
      for (const readsRaw of [true, false]) {
        const seen = visibleContent({ ...event, [field]: '4711' }, readsRaw)
        expect(seen.hidden).toEqual([field])
        expect(JSON.stringify(seen)).not.toContain('4711')
      }
    },
  )

  it('is the text of a text message only for who may read those', () => {
    const sms = { ...event, source: 'SMS_EFENTO', description: 'Alarm! Piwnica 31 C', dedup_key: '+48600100200|T' }
    const seen = visibleContent(sms, false)
    expect(seen.hidden).toEqual(['raw_payload', 'description', 'dedup_key'])
    expect(JSON.stringify(seen)).not.toMatch(/Piwnica|600100200/)
    expect(visibleContent(sms, true)).toMatchObject({ payload: sms, hidden: [] })
  })

  it.each(['not { json', 5, null, ['4711']])(
    'is nothing of %j, whose shape nobody knows, but for who may read raw',
    (body) => {
      expect(visibleContent(body, false)).toEqual({ payload: null, hidden: [], readable: false })
      expect(visibleContent(body, true)).toEqual({ payload: body, hidden: [], readable: false })
    },
  )
})
