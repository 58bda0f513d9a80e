import { Link, Navigate, Outlet } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { may, type Permission, useMe } from '../data/me.ts'
import { type MessageKey, useTexts } from '../texts/texts.tsx'
import { Forbidden } from './screen-failed.tsx'

interface Place {
  readonly to: '/admin/people' | '/admin/roles' | '/admin/audit'
  readonly label: MessageKey
  readonly needs: Permission
}

const places: readonly Place[] = [
  { to: '/admin/people', label: 'people.title', needs: 'user:read' },
  { to: '/admin/roles', label: 'roles.title', needs: 'user:read' },
  { to: '/admin/audit', label: 'audit.title', needs: 'audit:read' },
]

/** Administration: its screens beside each other, and a plain word for those whose role has none of them. */
export function AdminFrame(): ReactNode {
  const { t } = useTexts()
  const me = useMe()
  const open = places.filter(({ needs }) => may(me, needs))
  if (open.length === 0) return <Forbidden />
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <nav
        aria-label={t('rail.admin')}
        className="flex shrink-0 gap-1 overflow-x-auto border-b border-line bg-surface px-3"
      >
        {open.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            data-testid={`admin-${to.split('/').at(-1)}`}
            activeProps={{ 'aria-current': 'page' }}
            className="flex h-11 shrink-0 items-center px-3 whitespace-nowrap text-soft hover:text-text focus-visible:outline-offset-[-2px] aria-[current=page]:font-semibold aria-[current=page]:text-text aria-[current=page]:shadow-[inset_0_-3px_0_var(--text)]"
          >
            {t(label)}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  )
}

/** `/admin` itself is the first of its screens. */
export function AdminStart(): ReactNode {
  return <Navigate to="/admin/people" replace />
}

/** A screen for those who may; the others are told why they do not see it. */
export function Allowed({ needs, children }: { readonly needs: Permission; readonly children: ReactNode }): ReactNode {
  return may(useMe(), needs) ? children : <Forbidden />
}
