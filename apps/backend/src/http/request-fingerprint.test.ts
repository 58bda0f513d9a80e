// Spec 05 "Idempotency-Key", 06 "Secrets": what is kept of a request tells whether it is the same, and nothing about what it held.
import { createHash, createHmac } from 'node:crypto'
import { Secret } from '@stam/runtime'
import { describe, expect, it } from 'vitest'
import { requestFingerprints } from './request-fingerprint.ts'

const KEY_1 = 'E35WAy9jGcgMcMQJnSZ3zYeeo6ZkoYBbZvEGGXtHN7o='
const KEY_2 = 'jbg_IQC8c8hmilrHpLWeiNmRGA0dsbtsZdVrGjAmkBs='
const of = (...keys: string[]) => requestFingerprints({ encryptionKey: new Secret(keys.join(',')) })
const request = { method: 'PUT', url: '/api/auth/pin?x=1', body: { pin: '2580' } }
const hex = (buffers: readonly Buffer[]) => buffers.map((buffer) => buffer.toString('hex'))

describe('the fingerprint of a request', () => {
  it('is the same for the same request at every backend, and another for any other', () => {
    const [own] = hex(of(KEY_1)(request))
    expect(hex(of(KEY_1)({ ...request }))).toEqual([own])
    expect(hex(of(KEY_1)({ ...request, url: '/api/auth/pin' }))).toEqual([own])
    const others = [{ body: { pin: '2581' } }, { body: null }, { method: 'POST' }, { url: '/api/auth/pins' }]
    for (const other of others) expect(hex(of(KEY_1)({ ...request, ...other }))).not.toEqual([own])
  })

  it('cannot be guessed without the configured key', () => {
    const texts = ['PUT /api/auth/pin\n{"pin":"2580"}', '{"pin":"2580"}', '2580']
    const guesses = texts.flatMap((text) => [
      createHash('sha256').update(text).digest('hex'),
      createHmac('sha256', '').update(text).digest('hex'),
      createHmac('sha256', Buffer.alloc(32)).update(text).digest('hex'),
    ])
    const [own] = hex(of(KEY_1)(request))
    expect(guesses).not.toContain(own)
    expect(hex(of(KEY_2)(request))).not.toEqual([own])
  })

  it('is known under the former key once another is put before it', () => {
    const [former] = hex(of(KEY_1)(request))
    const [present] = hex(of(KEY_2)(request))
    expect(hex(of(KEY_2, KEY_1)(request))).toEqual([present, former])
    expect(hex(of(` ${KEY_2} , ${KEY_1} ,`)(request))).toEqual([present, former])
  })

  it('takes the signing key where no encryption key is configured, and needs one of them', () => {
    const jwtPrivateKey = new Secret('-----BEGIN PRIVATE KEY-----')
    const [own] = hex(requestFingerprints({ jwtPrivateKey })(request))
    expect(own).toHaveLength(64)
    expect(hex(requestFingerprints({ jwtPrivateKey: new Secret('other') })(request))).not.toEqual([own])
    expect(() => requestFingerprints({})).toThrow('ENCRYPTION_KEY')
  })
})
