/**
 * HTTP pipelining lets a client send its next request before it has an answer to the last. What is then answered past the
 * router (garbage, an upgrade) would overtake that answer and be taken for it, although the request may well have been
 * carried out. So these places ask here first, and end the connection instead.
 */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

const waiting = new WeakMap<Duplex, number>()

export function countUnanswered(server: Server): void {
  server.on('request', ({ socket }, response) => {
    waiting.set(socket, (waiting.get(socket) ?? 0) + 1)
    response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
  })
}

/** Whether a request of this connection waits for its answer. */
export function isUnanswered(socket: Duplex): boolean {
  return (waiting.get(socket) ?? 0) > 0
}
