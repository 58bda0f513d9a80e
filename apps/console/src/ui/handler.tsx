import type { PersonRef } from '@stam/contracts'
import type { ReactNode } from 'react'

/** `Marta Nowak` → `MN`. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/)
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return letters.map((word) => word?.charAt(0).toUpperCase() ?? '').join('')
}

export function Avatar({
  name,
  mine = false,
  size = 24,
}: {
  readonly name: string
  readonly mine?: boolean
  readonly size?: number
}): ReactNode {
  return (
    <span
      aria-hidden="true"
      style={{ width: size, height: size }}
      className={`inline-flex shrink-0 items-center justify-center rounded-full text-xs font-semibold ${mine ? 'bg-action text-on-action' : 'border border-line bg-raised text-text'}`}
    >
      {initialsOf(name)}
    </span>
  )
}

/** Who has it: avatar and name. */
export function Handler({
  handler,
  me,
  className = '',
}: {
  readonly handler: PersonRef
  readonly me: string
  readonly className?: string
}): ReactNode {
  const mine = handler.id === me
  return (
    <span data-testid="handler" className={`inline-flex min-w-0 items-center gap-2 ${className}`}>
      <Avatar name={handler.name} mine={mine} />
      <span className="truncate">{handler.name}</span>
    </span>
  )
}
