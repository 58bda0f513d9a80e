/** The states every screen shares: loading (never endless), empty, failed. */
import { RotateCw, SearchX, TriangleAlert, Unplug } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { type Failure, failureOf } from '../data/http.ts'
import { type Texts, useTexts } from '../texts/texts.tsx'
import { Button } from './button.tsx'

/** A skeleton may stand this long; then words and a button take its place. */
const patienceMs = 5_000

interface LoadingProps {
  readonly children: ReactNode
  readonly onRetry: () => void
}

/** Shows `children` (a skeleton) for at most five seconds, then says so and offers to try again. */
export function Loading({ children, onRetry }: LoadingProps): ReactNode {
  const { t } = useTexts()
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (slow) return
    const timer = setTimeout(() => setSlow(true), patienceMs)
    return () => clearTimeout(timer)
  }, [slow])
  const retry = (): void => {
    setSlow(false)
    onRetry()
  }
  if (!slow) {
    return (
      <div role="status" aria-label={t('state.loading')} data-testid="state-loading" className="min-h-0 flex-1">
        {children}
      </div>
    )
  }
  return (
    <Notice icon={<Unplug size={28} />} title={t('state.slow.title')} body={t('state.slow.body')} testId="state-slow">
      <Button onPress={retry} testId="retry">
        <RotateCw size={16} aria-hidden="true" />
        {t('action.retry')}
      </Button>
    </Notice>
  )
}

/** What happened, what is safe, what to do. */
export function failureWords(
  failure: Failure,
  { t }: Pick<Texts, 't'>,
): { readonly title: string; readonly body: string } {
  switch (failure.kind) {
    case 'unreachable':
      return { title: t('failure.unreachable.title'), body: t('failure.unreachable.body') }
    case 'signed_out':
      return { title: t('failure.signed_out.title'), body: t('failure.signed_out.body') }
    case 'broken':
      return {
        title: t('failure.broken.title'),
        body: t('failure.broken.body', { id: failure.requestId ?? String(failure.status) }),
      }
    case 'unreadable':
      return { title: t('failure.unreadable.title'), body: t('failure.unreadable.body') }
    case 'refused':
      if (failure.status === 404) return { title: t('failure.not_found.title'), body: t('failure.not_found.body') }
      if (failure.status === 403) return { title: t('failure.forbidden.title'), body: t('failure.forbidden.body') }
      if (failure.status === 429)
        return {
          title: t('failure.too_many.title'),
          body: t('failure.too_many.body', { seconds: Number(failure.details['retry_after'] ?? 5) }),
        }
      if (failure.code === 'BROKER_UNAVAILABLE')
        return { title: t('failure.broker.title'), body: t('failure.broker.body') }
      return { title: t('failure.refused.title'), body: t('failure.refused.body', { code: failure.code }) }
  }
}

export function Failed({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }): ReactNode {
  const texts = useTexts()
  const words = failureWords(failureOf(error), texts)
  return (
    <Notice icon={<TriangleAlert size={28} />} title={words.title} body={words.body} testId="state-error" alert>
      <Button onPress={onRetry} testId="retry">
        <RotateCw size={16} aria-hidden="true" />
        {texts.t('action.retry')}
      </Button>
    </Notice>
  )
}

export function Empty({
  title,
  body,
  children,
  icon,
  testId = 'state-empty',
}: {
  readonly title: string
  readonly body?: string
  readonly children?: ReactNode
  readonly icon?: ReactNode
  readonly testId?: string
}): ReactNode {
  return (
    <Notice icon={icon ?? <SearchX size={28} />} title={title} body={body} testId={testId}>
      {children}
    </Notice>
  )
}

interface NoticeProps {
  readonly icon: ReactNode
  readonly title: string
  readonly body?: string | undefined
  readonly children?: ReactNode
  readonly testId: string
  readonly alert?: boolean
}

function Notice({ icon, title, body, children, testId, alert = false }: NoticeProps): ReactNode {
  return (
    <div
      data-testid={testId}
      role={alert ? 'alert' : undefined}
      className="flex min-h-0 flex-1 flex-col items-center justify-center gap-2 p-8 text-center"
    >
      <span aria-hidden="true" className="mb-2 text-faint">
        {icon}
      </span>
      <p className="text-lg font-semibold">{title}</p>
      {body !== undefined && <p className="max-w-[52ch] text-soft">{body}</p>}
      <div className="mt-3 flex flex-wrap justify-center gap-2">{children}</div>
    </div>
  )
}

/** Grey bars in the shape of what is coming. */
export function SkeletonRows({ rows, height = 52 }: { readonly rows: number; readonly height?: number }): ReactNode {
  return (
    <div aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center gap-3 border-b border-line px-4" style={{ height }}>
          <span className="shimmer size-5 rounded-full" />
          <span className="flex flex-1 flex-col gap-1.5">
            <span className="shimmer h-3 rounded-sm" style={{ width: `${38 + ((index * 17) % 30)}%` }} />
            <span className="shimmer h-2.5 rounded-sm" style={{ width: `${22 + ((index * 29) % 26)}%` }} />
          </span>
          <span className="shimmer h-3 w-14 rounded-sm" />
        </div>
      ))}
    </div>
  )
}

export function SkeletonBlocks({ blocks = 3 }: { readonly blocks?: number }): ReactNode {
  return (
    <div aria-hidden="true" className="grid gap-4 p-4 lg:grid-cols-2">
      {Array.from({ length: blocks }, (_, index) => (
        <div key={index} className="flex h-40 flex-col gap-3 rounded border border-line bg-surface p-4">
          <span className="shimmer h-3 w-1/3 rounded-sm" />
          <span className="shimmer h-3 w-2/3 rounded-sm" />
          <span className="shimmer h-3 w-1/2 rounded-sm" />
        </div>
      ))}
    </div>
  )
}
