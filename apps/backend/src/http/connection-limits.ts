/**
 * How many connections there may be, in all and from one address, before anything of them is read: half-open requests and
 * dribbled bodies cost their sender nothing. The times they may take are the server's (`headersTimeout`, `requestTimeout`).
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** @param options.perAddress null behind a proxy, where everybody has its address */
export function limitConnections(server: Server, options: { inAll: number; perAddress: number | null }): void {
  server.maxConnections = options.inAll
  const { perAddress } = options
  if (perAddress === null) return
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress
    if (address === undefined) return void socket.destroy()
    const count = (open.get(address) ?? 0) + 1
    if (count > perAddress) return void socket.destroy()
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left > 0) open.set(address, left)
      else open.delete(address)
    })
  })
}
