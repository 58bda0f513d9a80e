import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useMemo } from 'react'
import { type AlarmSummary, useBoardAlarms } from '../../data/alarms.ts'
import { useMe } from '../../data/me.ts'
import { useQueueChoice } from '../../data/queue-filter.ts'
import { queueOf } from '../../data/queue-view.ts'
import { useShortcut } from '../../keyboard/keyboard.ts'

/** Keys that step through a list of alarms by opening one after the other. */
export function useSteps(alarms: readonly AlarmSummary[], openId: string | undefined, page: () => number): void {
  const navigate = useNavigate()
  const at = (): number => (openId === undefined ? -1 : alarms.findIndex((alarm) => alarm.id === openId))
  const moveTo = (index: number): void => {
    const alarm = alarms[Math.max(0, Math.min(alarms.length - 1, index))]
    if (alarm === undefined) return
    void navigate({ to: '/alarms/$alarmId', params: { alarmId: alarm.id }, replace: openId !== undefined })
  }
  useShortcut('next', () => moveTo(at() + 1))
  useShortcut('previous', () => moveTo(Math.max(0, at() - 1)))
  useShortcut('first', () => moveTo(0))
  useShortcut('last', () => moveTo(alarms.length - 1))
  useShortcut('pageDown', () => moveTo(at() + page()))
  useShortcut('pageUp', () => moveTo(at() - page()))
  useShortcut('open', () => moveTo(Math.max(0, at())))
}

/** The same keys where the alarm has taken the list's place. */
export function QueueKeys({ openId }: { readonly openId: string }): ReactNode {
  const open = useBoardAlarms()
  const choice = useQueueChoice()
  const me = useMe()
  const alarms = useMemo(() => queueOf(open, choice, me.id), [open, choice, me.id])
  useSteps(alarms, openId, () => 10)
  return null
}
