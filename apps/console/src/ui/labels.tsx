/** Small words in boxes: status, mode, count. Grey by default; only what is abnormal gets a colour elsewhere. */
import type { AlarmStatus } from '@stam/contracts'
import { alarmStatusText } from '@stam/domain'
import { FlaskConical, Wrench } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTexts } from '../texts/texts.tsx'

export function StatusChip({
  status,
  className = '',
}: {
  readonly status: AlarmStatus
  readonly className?: string
}): ReactNode {
  const { of } = useTexts()
  const look: Record<AlarmStatus, string> = {
    NEW: 'border-text text-text font-semibold',
    IN_PROGRESS: 'border-line text-text',
    ACK: 'border-line text-soft',
    RESOLVED: 'border-line text-soft',
    CLOSED: 'border-transparent text-soft',
  }
  return (
    <span
      data-testid="alarm-status"
      data-status={status}
      className={`inline-flex items-center rounded-sm border px-1.5 text-xs leading-5 whitespace-nowrap ${look[status]} ${className}`}
    >
      {of(alarmStatusText[status])}
    </span>
  )
}

/** Service or test mode: wrench or flask, hatched, with its word. */
export function ModeMark({
  service,
  test,
  words = true,
}: {
  readonly service: boolean
  readonly test: boolean
  readonly words?: boolean
}): ReactNode {
  const { t } = useTexts()
  if (!service && !test) return null
  const Icon = test ? FlaskConical : Wrench
  const word = t(test ? 'mode.test' : 'mode.service')
  return (
    <span className="inline-flex shrink-0 items-center gap-1.5 rounded-sm border border-service px-1.5 text-xs leading-5 text-soft">
      <Icon size={13} aria-hidden="true" />
      <span className={words ? '' : 'sr-only'}>{word}</span>
    </span>
  )
}

/** A fact that is not normal, in a tint of its priority. */
export function Flag({
  tone,
  children,
}: {
  readonly tone: 'critical' | 'warning' | 'plain'
  readonly children: ReactNode
}): ReactNode {
  const look = {
    critical: 'bg-critical-tint border-critical',
    warning: 'bg-warning-tint border-warning',
    plain: 'border-line',
  }
  return (
    <span
      className={`inline-flex items-center gap-1.5 rounded-sm border px-1.5 text-xs leading-5 whitespace-nowrap text-text ${look[tone]}`}
    >
      {children}
    </span>
  )
}
