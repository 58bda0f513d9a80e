import type { ReactNode } from 'react'
import { useTexts } from '../texts/texts.tsx'

/** The product's name and sign. */
export function Mark(): ReactNode {
  const { t } = useTexts()
  return (
    <p className="mb-6 flex items-center gap-3">
      <svg viewBox="0 0 64 64" width="40" height="40" aria-hidden="true" className="text-text">
        <path
          d="M22.9 10h18.2L54 22.9v18.2L41.1 54H22.9L10 41.1V22.9z"
          fill="none"
          stroke="currentColor"
          strokeWidth="4"
          strokeLinejoin="round"
        />
        <path
          d="M18 34h8l4-12 6 22 4-10h6"
          fill="none"
          stroke="currentColor"
          strokeWidth="4"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <span>
        <b className="block text-xl leading-6 font-semibold">STAM</b>
        <span className="text-sm text-soft">{t('app.what')}</span>
      </span>
    </p>
  )
}
