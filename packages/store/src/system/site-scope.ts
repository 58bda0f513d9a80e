/**
 * The one place where a person's site scope becomes SQL (spec 06). Every read of this package that a person may ask for takes a
 * `SiteScope`; with an empty list nothing is found (fail closed).
 */
import type { SiteScope } from '@stam/contracts'

/** A bound value for {@link withinScope}: NULL = every site. */
export function scopeValue(scope: SiteScope): readonly string[] | null {
  return scope.kind === 'all' ? null : scope.siteIds
}

/** Condition on a site column; `parameter` is the place of {@link scopeValue}, e.g. `$2`. */
export function withinScope(column: string, parameter: string): string {
  return `(${parameter}::uuid[] IS NULL OR ${column} = ANY (${parameter}::uuid[]))`
}
