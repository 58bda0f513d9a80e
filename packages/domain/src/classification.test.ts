import { describe, expect, it } from 'vitest'
import { alarmCodeOfReaction, classifyPanelCode, defaultPriorityOf } from './classification.ts'
import { effectivePriority } from './priority.ts'

const type = (code: number, r = false, source: number | null = null) =>
  classifyPanelCode({ code, r, source }).event_type

describe('classification of panel codes', () => {
  it('answers every code and R, with and without a class', () => {
    for (let code = 0; code < 1024; code++) {
      for (const r of [false, true]) {
        for (const eventClass of [null, 0, 1, 2, 3, 4, 5, 6, 7]) {
          const answer = classifyPanelCode({ code, r, eventClass })
          expect(answer.default_priority === 'CRITICAL').toBe(
            (answer.event_type === 'ALARM' || answer.event_type === 'TAMPER') && code !== 986,
          )
          if (answer.event_type === 'RESTORE') expect(answer.restores).not.toBe(null)
          else expect(answer.restores).toBe(null)
          if (answer.lasting) expect(classifyPanelCode({ code, r: true, eventClass }).event_type).toBe('RESTORE')
        }
      }
    }
  })

  it('says what a dispatcher would', () => {
    expect(type(130)).toBe('ALARM')
    expect(type(130, true)).toBe('RESTORE')
    expect(type(110)).toBe('ALARM')
    expect(type(121)).toBe('ALARM')
    expect(classifyPanelCode({ code: 121, r: false }).lasting).toBe(false)
    expect(type(144)).toBe('TAMPER')
    expect(type(145, true)).toBe('RESTORE')
    expect(type(301)).toBe('TROUBLE')
    expect(type(302, true)).toBe('RESTORE')
    expect(type(83)).toBe('UNAUTHORIZED_ACCESS')
    expect(type(461)).toBe('UNAUTHORIZED_ACCESS')
    expect(type(421, false, 0)).toBe('UNAUTHORIZED_ACCESS')
    expect(type(421, false, 10)).toBe('ACCESS')
    expect(type(421, true, 10)).toBe('ACCESS')
    expect(type(401)).toBe('DISARM')
    expect(type(401, true)).toBe('ARM')
    expect(type(441, true)).toBe('ARM')
    expect(type(570)).toBe('BYPASS')
    expect(type(602)).toBe('TEST')
    expect(type(625)).toBe('INFO')
    expect(type(625, true)).toBe('TROUBLE')
    expect(type(1020)).toBe('TROUBLE')
    expect(type(1021)).toBe('RESTORE')
    expect(classifyPanelCode({ code: 986, r: false }).default_priority).toBe('WARNING')
  })

  it('errs on the side of the alarm for a code it does not know', () => {
    expect(classifyPanelCode({ code: 138, r: false })).toMatchObject({ event_type: 'ALARM', known: false })
    expect(classifyPanelCode({ code: 700, r: false, eventClass: 0 })).toMatchObject({ event_type: 'ALARM' })
    expect(classifyPanelCode({ code: 700, r: true, eventClass: 5 })).toMatchObject({ event_type: 'RESTORE' })
    expect(classifyPanelCode({ code: 700, r: true })).toMatchObject({ event_type: 'INFO', restore: true })
  })

  it('reads a fire zone as fire before the memory has been read', () => {
    expect(alarmCodeOfReaction(33)).toBe(111)
    expect(alarmCodeOfReaction(0)).toBe(134)
    expect(alarmCodeOfReaction(null)).toBe(130)
    expect(alarmCodeOfReaction(250)).toBe(130)
  })
})

describe('priorities in two steps', () => {
  const of = (patch: Partial<Parameters<typeof effectivePriority>[0]>) =>
    effectivePriority({
      eventType: 'ALARM',
      defaultPriority: 'CRITICAL',
      zoneOverrides: null,
      settings: { unauthorized_critical: false },
      serviceMode: false,
      ...patch,
    })

  it('keeps the default where nobody says otherwise', () => {
    expect(of({})).toBe('CRITICAL')
    expect(of({ zoneOverrides: { TAMPER: 'INFO' } })).toBe('CRITICAL')
    expect(defaultPriorityOf('COMM_LOSS')).toBe('CRITICAL')
  })

  it('follows the zone, then the site, then lowers in service mode', () => {
    expect(of({ zoneOverrides: { ALARM: 'WARNING' } })).toBe('WARNING')
    expect(of({ zoneOverrides: { ALARM: 'WARNING' }, serviceMode: true })).toBe('INFO')
    const unauthorised = { eventType: 'UNAUTHORIZED_ACCESS', defaultPriority: 'WARNING' } as const
    expect(of({ ...unauthorised, settings: { unauthorized_critical: true } })).toBe('CRITICAL')
    expect(of({ ...unauthorised, settings: { unauthorized_critical: true }, serviceMode: true })).toBe('WARNING')
    expect(of({ serviceMode: true })).toBe('WARNING')
    expect(of({ defaultPriority: 'INFO', serviceMode: true })).toBe('INFO')
  })

  it('leaves a manual report as the person chose', () => {
    expect(of({ eventType: 'MANUAL', defaultPriority: 'CRITICAL', serviceMode: true })).toBe('CRITICAL')
  })
})
