// Spec 06 "Web": what the log calls a failure of ours is one. Who leaves before the answer begins has had no failure, nor have we.
import { connect } from 'node:net'
import { Readable, Writable } from 'node:stream'
import { createLog } from '@stam/runtime'
import { eventually } from '@stam/testkit'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { useErrorEnvelope } from './error-handler.ts'

let lines: { event: string; level: string }[]
let opened: Readable | null
let app: FastifyInstance
let port: number
beforeEach(async () => {
  lines = []
  opened = null
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  app = Fastify({ logger: false })
  useErrorEnvelope(app, createLog({ service: 'test', level: 'debug', destination } as Parameters<typeof createLog>[0]))
  // A file that is still being opened: nothing of it has been sent.
  app.post('/file', (_request, reply) => {
    opened = new Readable({ read() {} })
    return reply.send(opened)
  })
  app.get('/fails', (_request, reply) => {
    const broken = new Readable({ read: () => void broken.destroy() })
    return reply.send(broken)
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = (app.server.address() as { port: number }).port
})
afterEach(() => app.close())

it('a client that leaves while a file is being opened is no failed request', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.write('POST /file HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}')
  await eventually(() => opened, { what: 'the request to arrive' })
  socket.destroy()
  await eventually(() => opened?.destroyed === true, { what: 'the file to be given up' })
  await eventually(() => lines.length > 0, { what: 'a line in the log' })
  expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual(['debug client_left'])
})

it('a file that breaks off while the client waits is one, and is answered', async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/fails`)
  expect(answer.status).toBe(500)
  expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual(['error request_failed'])
})
