import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/**
 * Below the range from which the kernel takes ports for outgoing connections (32768 and up on Linux): a server keeps its port while it is down, and
 * in the meantime any connection of anybody on the machine could be given one of that range.
 */
const FROM = 12_000
const BELOW = 32_000
const ATTEMPTS = 200

/** Ports of the loopback interface that nobody listens on now; all are held at once while looking, so they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = []
  try {
    for (let attempt = 0; servers.length < count; attempt++) {
      if (attempt === ATTEMPTS) throw new Error(`no ${count} free ports found between ${FROM} and ${BELOW}`)
      const server = await hold(randomInt(FROM, BELOW))
      if (server) servers.push(server)
    }
    return servers.map((server) => (server.address() as { port: number }).port)
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
