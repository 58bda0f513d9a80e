import { useSyncExternalStore } from 'react'

/** How much stands beside each other. `split`: queue and alarm; `single`: one at a time; `phone`: that, with tall rows. */
export type Layout = 'split' | 'single' | 'phone'

/** A second window on a wall: the queue alone, in large type (`?wall`). */
export const isWall = typeof location !== 'undefined' && new URLSearchParams(location.search).has('wall')

const media = (query: string): MediaQueryList | null =>
  typeof window !== 'undefined' && 'matchMedia' in window ? window.matchMedia(query) : null
const phone = media('(max-width: 799px)')
/** Also what a desktop at 200 % zoom is. */
const narrow = media('(max-width: 1199px)')

const layoutNow = (): Layout =>
  phone?.matches === true ? 'phone' : narrow?.matches === true || isWall ? 'single' : 'split'

function follow(changed: () => void): () => void {
  phone?.addEventListener('change', changed)
  narrow?.addEventListener('change', changed)
  return () => {
    phone?.removeEventListener('change', changed)
    narrow?.removeEventListener('change', changed)
  }
}

export const useLayout = (): Layout => useSyncExternalStore(follow, layoutNow)
