/**
 * Closing a connection in which the client is still writing resets it, and whoever writes into a reset connection may never
 * read the answer that lies before it (RFC 9112 §9.6). So an answer that ends its connection (a body too large, what is no
 * JSON or no HTTP) ends the server's half first, and what still comes is thrown away until the client ends too.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** For a sender who never ends. A browser or a proxy does within a round trip. */
const LINGER_MS = 2_000

export function lingerBeforeClosing(server: Server): void {
  server.on('connection', (socket: Socket) => {
    const closeNow = socket.destroySoon.bind(socket)
    // What Node calls when the last answer of a connection is out.
    socket.destroySoon = () => {
      if (socket.destroyed || socket.readableEnded) return closeNow()
      const patience = setTimeout(() => socket.destroy(), LINGER_MS)
      socket.once('close', () => clearTimeout(patience))
      socket.once('end', closeNow)
      socket.end()
      // Takes the bytes from the parser: what stands behind such an answer is no request any more.
      socket.removeAllListeners('data')
      socket.on('data', () => {})
      socket.resume()
    }
  })
}
