/**
 * The OpenAPI document without a running backend: the routes only need something to hand their requests to, and no
 * request ever comes.
 */
import { createMetrics, createReadiness } from '@stam/runtime'
import { BackendConfig } from '../config.ts'
import type { Backend } from '../backend.ts'
import { generateSigningKey } from '../identity/signing-keys.ts'
import { createApp } from './app.ts'

export async function createApiDocument(): Promise<object> {
  const config = BackendConfig.parse({ jwtPrivateKey: generateSigningKey(), consoleFolder: '/nowhere' })
  const app = await createApp(
    { config, readiness: createReadiness() } as Backend,
    createMetrics({ service: 'document' }),
  )
  try {
    await app.ready()
    return app.swagger()
  } finally {
    await app.close()
  }
}
