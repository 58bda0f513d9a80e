import { describe, expect, it } from 'vitest'
import { ageClock, ageSentence, alarmHeadline, counted } from './wording.ts'

describe('wording', () => {
  it('counts in Polish', () => {
    const forms = [0, 1, 2, 4, 5, 11, 12, 14, 21, 22, 25, 101, 102, 112, 122].map((n) => counted(n, 'newAlarm', 'pl'))
    expect(forms).toEqual([
      '0 nowych alarmów',
      '1 nowy alarm',
      '2 nowe alarmy',
      '4 nowe alarmy',
      '5 nowych alarmów',
      '11 nowych alarmów',
      '12 nowych alarmów',
      '14 nowych alarmów',
      '21 nowych alarmów',
      '22 nowe alarmy',
      '25 nowych alarmów',
      '101 nowych alarmów',
      '102 nowe alarmy',
      '112 nowych alarmów',
      '122 nowe alarmy',
    ])
    expect([1, 2].map((n) => counted(n, 'alarm', 'en'))).toEqual(['1 alarm', '2 alarms'])
  })

  it('tells ages', () => {
    expect([-5, 0, 42_999, 3_599_000, 3_900_000, 86_400_000, 3 * 86_400_000].map((ms) => ageClock(ms, 'pl'))).toEqual([
      '00:00',
      '00:00',
      '00:42',
      '59:59',
      '1:05 h',
      '1 dzień',
      '3 dni',
    ])
    expect([ageSentence(12_000, 'pl'), ageSentence(300_000, 'en'), ageSentence(86_400_000, 'pl')]).toEqual([
      'sprzed 12 s',
      '5 min ago',
      'sprzed 1 dnia',
    ])
  })

  it('says what and where', () => {
    const headline = { pl: 'Włamanie', en: 'Burglary' }
    expect(alarmHeadline({ headline, object_name: 'Czujka PIR hol' }, 'pl')).toBe('Włamanie · Czujka PIR hol')
    expect(alarmHeadline({ headline, object_name: null }, 'en')).toBe('Burglary')
  })
})
