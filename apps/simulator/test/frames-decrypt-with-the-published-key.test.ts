/** Encrypted mode, section 3 of the reference: literal ciphertext in, plaintext of our answer checked by OpenSSL alone. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { expect, test } from 'vitest'
import { world } from './harness.ts'
import { hex, type RawClient, toHex } from './raw-client.ts'

const KEY = Buffer.from('INTEGRAKEY12'.repeat(2), 'latin1')

/** Section 3.3 by the letter, on OpenSSL's AES-192-ECB. */
function encryptBlock(block: Uint8Array): Buffer {
  return createCipheriv('aes-192-ecb', KEY, null).setAutoPadding(false).update(block)
}

function decrypt(ciphertext: Uint8Array): string {
  let vector: Uint8Array = encryptBlock(new Uint8Array(16))
  const plain: number[] = []
  for (let at = 0; at < ciphertext.length; at += 16) {
    const block = ciphertext.subarray(at, at + 16)
    if (block.length === 16) {
      const raw = createDecipheriv('aes-192-ecb', KEY, null).setAutoPadding(false).update(block)
      raw.forEach((byte, i) => plain.push(byte ^ (vector[i] as number)))
      vector = block
    } else {
      vector = encryptBlock(vector)
      block.forEach((byte, i) => plain.push(byte ^ (vector[i] as number)))
    }
  }
  return toHex(Uint8Array.from(plain))
}

async function pdu(client: RawClient): Promise<string> {
  const length = hex(await client.bytes(1))[0] as number
  return decrypt(hex(await client.bytes(length)))
}

test('the first block of the key is the published one', () => {
  expect(toHex(encryptBlock(new Uint8Array(16)))).toBe('76 18 89 93 80 CE 03 38 73 0A 1A D0 D8 CC E7 CC')
})

test('the published connection: 7E, newest event, push subscription', async () => {
  const { connect } = await world({ integrationKey: 'INTEGRAKEY12', model: 'INTEGRA 128 Plus', zones: [] })
  const client = await connect()
  // Row 1: counter 0, IDS A5, IDR 0, frame FE FE 7E D8 60 FE 0D, filled up to 16.
  client.send('10 48ED3B7C61158505C5A05EB66FFD52EA')
  const first = await pdu(client)
  const bytes = first.split(' ')
  expect(bytes.slice(2, 4)).toEqual(['00', '00'])
  expect(bytes[5]).toBe('A5')
  // INTEGRA 128 Plus is type 43; 14 bytes of payload follow the command.
  expect(bytes.slice(6, 10)).toEqual(['FE', 'FE', '7E', '43'])
  expect(bytes.slice(-2)).toEqual(['FE', '0D'])

  // Row 2 carries IDR 3C; ours is another identifier, which a module does not check by default.
  client.send('10 097921C92AD068320EC2118652164962')
  const second = (await pdu(client)).split(' ')
  expect(second.slice(2, 4)).toEqual(['00', '01'])
  expect(second[4]).toBe(bytes[4])
  expect(second[5]).toBe('A5')
  expect(second.slice(6, 9)).toEqual(['FE', 'FE', '8C'])

  client.send('19 A507A0C201BEB3117167C3695F6DAC70 46589E1FF8ADF77D07')
  expect((await pdu(client)).slice(18)).toBe('FE FE EF FF 4F A9 FE 0D 00 00'.slice(0, 29))
  expect((await pdu(client)).split(' ')[8]).toBe('00')
})

test('a wrong key closes the connection without a byte', async () => {
  const { panel, connect } = await world({ integrationKey: 'another' })
  const client = await connect()
  client.send('10 48ED3B7C61158505C5A05EB66FFD52EA')
  expect(await client.ended()).toBe('')
  expect(panel.connected).toBe(false)
})

test('a plain client gets no answer: the first FE is read as a length of 254', async () => {
  const { panel, time, connect } = await world({ integrationKey: 'INTEGRAKEY12' })
  const client = await connect()
  client.send('FE FE 1A D7 FC FE 0D')
  client.send('FE FE 1A D7 FC FE 0D')
  await expect.poll(() => panel.counters.connections).toBe(1)
  expect(client.pending).toBe('')
  time.advance(30_000)
  expect(await client.ended()).toBe('')
})

test('with the strict option a wrong echo closes the connection', async () => {
  const { panel, connect } = await world({ integrationKey: 'INTEGRAKEY12', module: { strictIdr: true } })
  const client = await connect()
  client.send('10 48ED3B7C61158505C5A05EB66FFD52EA')
  await pdu(client)
  client.send('10 097921C92AD068320EC2118652164962')
  await client.ended()
  expect(panel.counters.wrongEchoes).toBe(1)
})

test('a second client of an encrypted module is sent opaque bytes and the end', async () => {
  const { connect } = await world({ integrationKey: 'INTEGRAKEY12' })
  const first = await connect()
  first.send('10 48ED3B7C61158505C5A05EB66FFD52EA')
  await pdu(first)
  const second = await connect()
  const block = await second.ended()
  expect(block.split(' ').length).toBe(16)
  expect(block).not.toContain('42 75 73 79')
})
