import { useSyncExternalStore } from 'react'

const narrow = typeof window !== 'undefined' && 'matchMedia' in window ? window.matchMedia('(max-width: 799px)') : null

/** Narrow enough for one pane at a time; also what a desktop at 200 % zoom on a small screen becomes. */
export const useIsPhone = (): boolean =>
  useSyncExternalStore(
    (changed) => {
      narrow?.addEventListener('change', changed)
      return () => narrow?.removeEventListener('change', changed)
    },
    () => narrow?.matches ?? false,
  )
