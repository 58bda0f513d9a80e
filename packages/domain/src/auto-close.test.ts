import { alarmStatuses, priorities } from '@stam/contracts'
import { describe, expect, it } from 'vitest'
import { autoAckAt, autoAckDue, autoCloseAt, autoCloseDue } from './auto-close.ts'

const settings = { warning_auto_close_s: 28_800, info_auto_close_s: 14_400, bundle_window_s: 900 }

describe('auto-close', () => {
  it('is for NEW alarms that are not CRITICAL', () => {
    for (const status of alarmStatuses) {
      for (const priority of priorities) {
        const at = autoCloseAt({ status, priority, test_mode: false, last_active: 0 }, settings)
        const hours = status !== 'NEW' || priority === 'CRITICAL' ? null : priority === 'WARNING' ? 8 : 4
        expect(at).toBe(hours === null ? null : hours * 3_600_000)
      }
    }
  })

  it('ends a test alarm when nothing can join it any more', () => {
    const drill = { status: 'NEW', priority: 'CRITICAL', test_mode: true, last_active: 1000 } as const
    expect(autoCloseDue(drill, settings, 1000 + 899_999)).toBe(false)
    expect(autoCloseDue(drill, settings, 1000 + 900_000)).toBe(true)
    expect(autoCloseAt({ ...drill, status: 'IN_PROGRESS' }, settings)).toBe(null)
  })
})

describe('auto-ack', () => {
  it('is for NEW INFO alarms of sites that want it, and for no drill', () => {
    for (const status of alarmStatuses) {
      for (const priority of priorities) {
        for (const test_mode of [false, true]) {
          const at = autoAckAt({ status, priority, test_mode, last_active: 1000 }, { info_auto_ack_s: 300 })
          expect(at).toBe(status === 'NEW' && priority === 'INFO' && !test_mode ? 301_000 : null)
        }
      }
    }
    const alarm = { status: 'NEW', priority: 'INFO', test_mode: false, last_active: 1000 } as const
    expect(autoAckDue(alarm, { info_auto_ack_s: 300 }, 300_999)).toBe(false)
    expect(autoAckDue(alarm, { info_auto_ack_s: 300 }, 301_000)).toBe(true)
    expect(autoAckDue(alarm, { info_auto_ack_s: null }, 1e15)).toBe(false)
  })
})
