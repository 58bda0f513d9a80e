import type { ReactNode } from 'react'

interface Props {
  readonly title: string
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly className?: string
  readonly testId?: string
  /** Content reaches the edges (lists, tables). */
  readonly flush?: boolean
}

/** A titled surface; the unit every detail screen is made of. */
export function Section({ title, aside, children, className = '', testId, flush = false }: Props): ReactNode {
  return (
    <section
      aria-label={title}
      {...(testId === undefined ? {} : { 'data-testid': testId })}
      className={`flex min-w-0 flex-col rounded border border-line bg-surface ${className}`}
    >
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line px-4 py-1.5">
        <h2 className="text-sm font-semibold text-soft">{title}</h2>
        {aside}
      </header>
      <div className={flush ? 'min-w-0' : 'min-w-0 p-4'}>{children}</div>
    </section>
  )
}

/** Name and value, aligned. */
export function Facts({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }): ReactNode {
  return (
    <dl className="grid grid-cols-[minmax(120px,max-content)_1fr] gap-x-4 gap-y-1.5 max-md:grid-cols-1 max-md:gap-y-0">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-soft max-md:text-sm">{name}</dt>
          <dd className="min-w-0 break-words max-md:mb-2">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
