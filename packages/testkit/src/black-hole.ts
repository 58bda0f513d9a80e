/** An address where nobody answers, as an unplugged module or a firewall that drops: the kernel keeps quiet as the queue of a listener who never accepts is full. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

export interface BlackHole {
  readonly port: number
  close(): Promise<void>
}

const NEVER_ACCEPTS = `
  const { parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`
/** Linux lets one more in than the backlog says. */
const ROOM = 2

export async function openBlackHole(): Promise<BlackHole> {
  const listener = new Worker(NEVER_ACCEPTS, { eval: true })
  const [port] = (await once(listener, 'message')) as [number]
  const queued: Socket[] = []
  for (let place = 0; place < ROOM; place++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    queued.push(socket)
  }
  return {
    port,
    close: async () => {
      for (const socket of queued) socket.destroy()
      await listener.terminate()
    },
  }
}
