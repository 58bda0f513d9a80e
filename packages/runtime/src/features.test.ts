import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadConfig } from './config.ts'
import { featureFields, featuresOf, haProblems, switchedOff } from './features.ts'
import { silentLog } from './log.ts'
import { createReadiness } from './readiness.ts'

const folder = mkdtempSync(join(tmpdir(), 'stam-features-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const schema = z.object(featureFields)
const load = (yaml: string, env: Record<string, string> = {}) => {
  const file = join(folder, 'flags.yaml')
  writeFileSync(file, yaml)
  return featuresOf(loadConfig(schema, { env, file }))
}

describe('feature flags', () => {
  it('have everything this version has switched on, but what needs more machines', () => {
    expect(load('')).toEqual({ realtime: true, push: false, sms: false, arm_disarm: false, ha: false })
  })

  it('come from the flags file, and from the environment before it', () => {
    expect(load('FEATURE_REALTIME_ENABLED: false\nFEATURE_HA_ENABLED: true')).toMatchObject({
      realtime: false,
      ha: true,
    })
    const env = { FEATURE_REALTIME_ENABLED: 'true' }
    expect(load('FEATURE_REALTIME_ENABLED: false', env)).toMatchObject({ realtime: true })
  })

  it.each(['PUSH', 'SMS', 'ARM_DISARM'])('refuse FEATURE_%s_ENABLED, which this version could not keep', (name) => {
    expect(() => load(`FEATURE_${name}_ENABLED: true`)).toThrow(
      new RegExp(`FEATURE_${name}_ENABLED: this version has no`),
    )
    expect(() => load(`FEATURE_${name}_ENABLED: false`)).not.toThrow()
  })

  it('know what high availability needs', () => {
    const on = { featureHaEnabled: true }
    expect(haProblems({ ...on, rabbitmqQueueType: 'quorum' }, true)).toEqual([])
    expect(haProblems({ ...on, rabbitmqQueueType: 'classic' }, false)).toHaveLength(2)
    expect(haProblems({ featureHaEnabled: false, rabbitmqQueueType: 'classic' }, false)).toEqual([])
  })

  it('leave a process whose part is off ready, with what it would need shown as disabled', async () => {
    const readiness = createReadiness()
    switchedOff({ log: silentLog, readiness }, 'FEATURE_REALTIME_ENABLED', ['rabbitmq'])
    readiness.setLifecycle('serving')
    expect(await readiness.report()).toEqual({
      status: 'ready',
      degraded: [],
      checks: { rabbitmq: { status: 'disabled' } },
    })
  })
})
