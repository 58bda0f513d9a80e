/**
 * Signal keys name what a panel can say again: `alarm:zone:3`, `trouble:301:0`, `comm:panel`. The end of a lasting
 * signal has a key of its own, derived from the key of its beginning, because it is a signal with its own count.
 */
const END = ':end'

/** Key of the end of `key`: `alarm:zone:3` → `alarm:zone:3:end`. */
export function endKey(key: string): string {
  return key.endsWith(END) ? key : key + END
}

/** Key of the beginning, whichever of the two is given. */
export function beginKey(key: string): string {
  return key.endsWith(END) ? key.slice(0, -END.length) : key
}

export function isEndKey(key: string): boolean {
  return key.endsWith(END)
}
