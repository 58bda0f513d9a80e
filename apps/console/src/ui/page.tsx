import { Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTexts } from '../texts/texts.tsx'

interface Props {
  readonly title: string
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly back?: '/sites' | '/panels' | '/alarms' | '/system' | '/admin/people'
  readonly lead?: ReactNode
  /** What is aside is small enough to stay beside the title on a phone. */
  readonly oneRow?: boolean
}

/** Title row and a scrolling body: the frame of every screen that is not the queue. */
export function Page({ title, aside, children, back, lead, oneRow = false }: Props): ReactNode {
  const { t } = useTexts()
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="flex min-h-14 shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2 max-md:px-3">
        <span className="flex min-w-0 items-center gap-3">
          {back !== undefined && (
            <Link
              to={back}
              aria-label={t('action.back')}
              className="-ml-2 inline-flex size-9 items-center justify-center rounded text-soft hover:bg-hover hover:text-text max-md:size-11"
            >
              <ArrowLeft size={20} aria-hidden="true" />
            </Link>
          )}
          <h1 className="min-w-0 text-xl font-semibold break-words">{title}</h1>
          {lead}
        </span>
        <span
          className={`ml-auto flex flex-wrap items-center gap-2 ${oneRow ? 'justify-end' : 'max-md:ml-0 max-md:w-full'}`}
        >
          {aside}
        </span>
      </header>
      {/* Focusable, so that a keyboard can scroll it even where nothing in it takes the focus. */}
      <div
        role="region"
        aria-label={title}
        tabIndex={0}
        className="flex min-h-0 flex-1 flex-col overflow-y-auto focus-visible:outline-offset-[-2px]"
      >
        {children}
      </div>
    </div>
  )
}
