/** Before and after of an audit entry as lines a person can read. Pure. */

export type DiffKind = 'changed' | 'added' | 'removed' | 'same'

export interface DiffLine {
  /** `contacts.0.phone`: the way into the entry. */
  readonly path: string
  readonly kind: DiffKind
  /** Undefined: there was nothing. */
  readonly before: unknown
  readonly after: unknown
}

type Leaves = Map<string, unknown>
const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isScalar = (value: unknown): boolean => typeof value !== 'object' || value === null

/** Objects are walked; a list of plain values stays one value, a list of objects is walked by its places. */
function walk(value: unknown, path: string, into: Leaves): Leaves {
  if (isPlain(value) && Object.keys(value).length > 0) {
    for (const [name, part] of Object.entries(value)) walk(part, path === '' ? name : `${path}.${name}`, into)
  } else if (Array.isArray(value) && value.some((part) => !isScalar(part))) {
    for (const [index, part] of value.entries()) walk(part, `${path}.${index}`, into)
  } else if (path !== '' || value !== null) into.set(path, value)
  return into
}

const leaves = (value: unknown): Leaves =>
  value === null || value === undefined ? new Map<string, unknown>() : walk(value, '', new Map())

const equal = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** In the order in which the entry tells them; what changed comes before what stayed as it was. */
export function diffOf(before: unknown, after: unknown): DiffLine[] {
  const [had, has] = [leaves(before), leaves(after)]
  const lines = [...new Set([...had.keys(), ...has.keys()])].map((path): DiffLine => {
    const line = { path, before: had.get(path), after: has.get(path) }
    if (!had.has(path)) return { ...line, kind: 'added' }
    if (!has.has(path)) return { ...line, kind: 'removed' }
    return { ...line, kind: equal(line.before, line.after) ? 'same' : 'changed' }
  })
  return [...lines.filter(({ kind }) => kind !== 'same'), ...lines.filter(({ kind }) => kind === 'same')]
}

/** What a list gained and lost, for lists of plain values. */
export function listChange(before: readonly unknown[], after: readonly unknown[]) {
  const key = (value: unknown): string => JSON.stringify(value)
  const [had, has] = [new Set(before.map(key)), new Set(after.map(key))]
  return {
    gained: after.filter((value) => !had.has(key(value))),
    lost: before.filter((value) => !has.has(key(value))),
  }
}
