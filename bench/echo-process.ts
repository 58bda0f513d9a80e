/** Process: sends back what it gets. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { answerRequests } from './partner.ts'

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.pipe(socket)
})

answerRequests(
  {
    start: async (): Promise<number> => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    },
  },
  async () => server.close(),
)
