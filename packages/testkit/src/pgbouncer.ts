import { chownSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { installDebianPackages } from './debian-packages.ts'
import { freePorts } from './free-ports.ts'
import { privateFolder, ServerProcess, serverAccount } from './server-process.ts'

/** A real PgBouncer in transaction mode: each transaction may land on another server connection. */
export interface PgBouncer {
  /** As the given URL, through the pool. */
  readonly url: string
  close(): Promise<void>
}

/** @param databaseUrl of the server behind it, with user and password */
export async function startPgBouncer(databaseUrl: string): Promise<PgBouncer> {
  installDebianPackages(['pgbouncer'])
  const account = serverAccount('postgres', 'nobody')
  const [folder, removeFolder] = privateFolder('pgbouncer', account)
  const [port] = (await freePorts(1)) as [number]
  const target = new URL(databaseUrl)
  const database = target.pathname.slice(1)
  const config = join(folder, 'pgbouncer.ini')
  const lines = [
    '[databases]',
    `${database} = host=${target.hostname} port=${target.port} dbname=${database} ` +
      `user=${decodeURIComponent(target.username)} password=${decodeURIComponent(target.password)}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    // Whoever comes, the line above says as whom to go on.
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 4',
    'ignore_startup_parameters = extra_float_digits',
  ]
  writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 })
  if (account) chownSync(config, account.uid, account.gid)
  const server = new ServerProcess({
    name: 'pgbouncer',
    command: '/usr/sbin/pgbouncer',
    args: [config],
    account,
    logFile: join(folder, 'pgbouncer.log'),
    isUp: () => accepts(port),
    startTimeoutMs: 10_000,
    stopTimeoutMs: 5_000,
  })
  try {
    await server.start()
  } catch (error) {
    removeFolder()
    throw error
  }
  target.port = String(port)
  return {
    url: target.href,
    async close() {
      await server.kill()
      removeFolder()
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
