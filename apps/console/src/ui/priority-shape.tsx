import type { Priority } from '@stam/contracts'
import type { ReactNode } from 'react'

const tone: Record<Priority, string> = { CRITICAL: 'text-critical', WARNING: 'text-warning', INFO: 'text-info' }

interface ShapeProps {
  readonly priority: Priority
  readonly size?: number
  /** In service or test mode nothing is coloured. */
  readonly muted?: boolean
  /** On an area of its own colour the shape takes the text's colour. */
  readonly inverse?: boolean
  readonly className?: string
}

/** Filled octagon, filled triangle, circle outline: readable without colour. The word stands beside it or in the row's label. */
export function PriorityShape({
  priority,
  size = 20,
  muted = false,
  inverse = false,
  className = '',
}: ShapeProps): ReactNode {
  const color = inverse ? 'text-current' : muted ? 'text-service' : tone[priority]
  return (
    <svg viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" className={`shrink-0 ${color} ${className}`}>
      {priority === 'CRITICAL' && <path d="M6.2 1h7.6L19 6.2v7.6L13.8 19H6.2L1 13.8V6.2z" fill="currentColor" />}
      {priority === 'WARNING' && (
        <path d="M10 1.6 19.2 18H.8z" fill="currentColor" stroke="currentColor" strokeLinejoin="round" />
      )}
      {priority === 'INFO' && <circle cx="10" cy="10" r="7.5" fill="none" stroke="currentColor" strokeWidth="2.2" />}
    </svg>
  )
}
