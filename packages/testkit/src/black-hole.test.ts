import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { openBlackHole } from './black-hole.ts'

it('neither accepts nor refuses', async () => {
  const hole = await openBlackHole()
  try {
    const socket = connect({ port: hole.port, host: '127.0.0.1', timeout: 300 })
    const first = await Promise.race(
      ['connect', 'error', 'timeout'].map(async (event) => {
        await once(socket, event).catch(() => {})
        return event
      }),
    )
    expect(first).toBe('timeout')
    socket.destroy()
  } finally {
    await hole.close()
  }
})
