/** A question to a simulated panel over our link, against the same bytes over a bare TCP echo, both in another process. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { commands, openPanelLink } from '@stam/integra'
import { encodeFrame } from '@stam/integra/codec'
import { percentile } from './report.ts'
import { startPartner } from './partner.ts'
import { waitUntil } from './wait-until.ts'

const ROUNDS = 2_000

/** @param port of a simulated panel that nobody else talks to. Milliseconds. */
export async function linkRoundTrip(
  port: number,
): Promise<{ linkP50: number; linkP99: number; echoP50: number; echoP99: number }> {
  const echo = await echoRounds()
  const link = openPanelLink({ host: '127.0.0.1', port, pollIntervalMs: 60_000, push: 'never' })
  try {
    await waitUntil('the link is ready', 10_000, () => link.status.state === 'ready')
    const samples: number[] = []
    for (let n = 0; n < ROUNDS; n++) {
      const start = performance.now()
      const { kind } = await link.execute(commands.readClock, undefined)
      if (kind !== 'answered') throw new Error(`the panel's clock was ${kind}`)
      samples.push(performance.now() - start)
    }
    return {
      linkP50: percentile(samples, 0.5),
      linkP99: percentile(samples, 0.99),
      echoP50: percentile(echo, 0.5),
      echoP99: percentile(echo, 0.99),
    }
  } finally {
    await link.close()
  }
}

async function echoRounds(): Promise<number[]> {
  const partner = startPartner('./echo-process.ts')
  try {
    const socket = connect({ host: '127.0.0.1', port: await partner.ask<number>('start'), noDelay: true })
    await once(socket, 'connect')
    const frame = encodeFrame(0x1a, new Uint8Array(9))
    const samples: number[] = []
    for (let n = 0; n < ROUNDS; n++) {
      const start = performance.now()
      socket.write(frame)
      for (let left = frame.length; left > 0; ) left -= ((await once(socket, 'data')) as [Buffer])[0].length
      samples.push(performance.now() - start)
    }
    socket.destroy()
    return samples
  } finally {
    await partner.close()
  }
}
