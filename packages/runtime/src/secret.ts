import { inspect } from 'node:util'
import { z } from 'zod'

const MASK = '***'

/**
 * A value that must not be seen. Printing, inspecting, concatenating and serialising all give `***`;
 * only `reveal()` gives the value, so every use can be found by searching for it.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [Symbol.toPrimitive](): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}

/**
 * A configuration field that holds a secret. `loadConfig` reads it from a file where there is one
 * (`/run/secrets/{name}` or `{NAME}_FILE`) and from the environment otherwise, never from the flags file.
 */
export function secretField(options: { minLength?: number } = {}) {
  const minLength = options.minLength ?? 1
  return z
    .string({ error: 'a secret is needed here' })
    .refine((value) => value.length >= minLength, {
      error: `a secret of at least ${minLength} characters is needed here`,
    })
    .transform((value) => new Secret(value))
    .meta({ secret: true })
}
