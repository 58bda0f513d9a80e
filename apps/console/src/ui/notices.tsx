/** One line about what just happened, beside what was pressed. */
import { CircleCheck } from 'lucide-react'
import type { ReactNode } from 'react'

export function Problem({ children, testId }: { readonly children: ReactNode; readonly testId?: string }): ReactNode {
  return (
    <p
      role="alert"
      {...(testId === undefined ? {} : { 'data-testid': testId })}
      className="rounded border border-critical bg-critical-tint px-3 py-2 break-words"
    >
      {children}
    </p>
  )
}

/** Said once by assistive technology, and seen beside the button that did it. */
export function DoneNote({ children, testId }: { readonly children: ReactNode; readonly testId?: string }): ReactNode {
  return (
    <p
      role="status"
      {...(testId === undefined ? {} : { 'data-testid': testId })}
      className="flex items-center gap-2 text-sm text-soft"
    >
      <CircleCheck size={16} aria-hidden="true" className="shrink-0" />
      {children}
    </p>
  )
}
