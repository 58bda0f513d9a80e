/** What the check needs of a Fastify route. */
export interface RouteLook {
  readonly method: string | readonly string[]
  readonly url: string
  readonly schema?: {
    readonly hide?: boolean
    readonly response?: object
    readonly params?: unknown
    readonly body?: unknown
  }
}

/** Acts whose whole input is the address. */
const WITHOUT_BODY = /\/(logout|logout-all|ws-ticket|refresh|unlock|reset-password)$/

/** What is missing from a route's schema. Hidden routes (health, documentation, files) are not part of the API. */
export function schemaProblems(route: RouteLook): string[] {
  const { schema = {}, url } = route
  const name = `${[route.method].flat().join('|')} ${url}`
  if (
    schema.hide === true ||
    !/^\/(api|panels|scenarios|ledger|ws|\.well-known)/.test(url) ||
    url.startsWith('/api/docs')
  )
    return []
  const problems: string[] = []
  if (!Object.keys(schema.response ?? {}).some((status) => status.startsWith('2')))
    problems.push(`${name}: no schema of the answer`)
  if (url.includes(':') && schema.params === undefined) problems.push(`${name}: no schema of the parameters`)
  const takesBody = [route.method].flat().some((method) => /^(POST|PUT|PATCH)$/.test(method))
  if (takesBody && schema.body === undefined && !WITHOUT_BODY.test(url)) problems.push(`${name}: no schema of the body`)
  return problems
}
