/** An authenticator in software, as far as the server can tell (WebAuthn level 3, 6.1 and 8.7 "none" attestation), and one that lies when told to. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const ATTESTED = 0x40

export interface Lies {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly count?: number
  readonly flags?: number
  readonly userHandle?: string
}

interface Asked {
  readonly challenge: string
  readonly rp?: { readonly id: string }
  readonly rpId?: string
  readonly user?: { readonly id: string }
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()

export class Authenticator {
  readonly id = randomBytes(32)
  count = 0
  #userHandle = randomBytes(16).toString('base64url')
  readonly #origin: string
  readonly #privateKey: KeyObject
  readonly #coseKey: Buffer

  constructor(origin = 'http://localhost:80') {
    this.#origin = origin.replace(/:80$/, '')
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#privateKey = privateKey
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    // {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9053 7.1.1)
    const coordinate = (of: string) => Buffer.concat([Buffer.from([0x58, 32]), Buffer.from(of, 'base64url')])
    this.#coseKey = Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
      coordinate(x),
      Buffer.from([0x22]),
      coordinate(y),
    ])
  }

  /** The answer to a registration. */
  create(asked: Asked, lies: Lies = {}) {
    this.#userHandle = asked.user?.id ?? ''
    const length = Buffer.from([0, this.id.length])
    const attested = Buffer.concat([Buffer.alloc(16), length, this.id, this.#coseKey])
    const authData = Buffer.concat([this.#authData(asked, { flags: 0x45, ...lies }), attested])
    const text = (value: string) => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
    const attestationObject = Buffer.concat([
      Buffer.from([0xa3]),
      text('fmt'),
      text('none'),
      text('attStmt'),
      Buffer.from([0xa0]),
      text('authData'),
      Buffer.from([0x59, authData.length >> 8, authData.length & 0xff]),
      authData,
    ])
    return {
      ...this.#envelope(),
      response: {
        clientDataJSON: this.#clientData('webauthn.create', asked, lies).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal'],
      },
    }
  }

  /** The answer to a sign-in; its counter goes up. */
  get(asked: Asked, lies: Lies = {}) {
    this.count += 1
    const clientData = this.#clientData('webauthn.get', asked, lies)
    const authData = this.#authData(asked, lies)
    return {
      ...this.#envelope(),
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: sign('sha256', Buffer.concat([authData, sha256(clientData)]), this.#privateKey).toString(
          'base64url',
        ),
        userHandle: lies.userHandle ?? this.#userHandle,
      },
    }
  }

  #envelope() {
    const id = this.id.toString('base64url')
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {} } as const
  }

  #clientData(type: string, asked: Asked, lies: Lies): Buffer {
    const { challenge = asked.challenge, origin = this.#origin } = lies
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  }

  #authData(asked: Asked, lies: Lies): Buffer {
    const { rpId = asked.rp?.id ?? asked.rpId ?? '', count = this.count, flags = USER_PRESENT | USER_VERIFIED } = lies
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(count)
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter])
  }
}

/** Registered data without the user having been verified: a touch alone. */
export const TOUCH_ONLY = USER_PRESENT
export const TOUCH_ONLY_ATTESTED = USER_PRESENT | ATTESTED
