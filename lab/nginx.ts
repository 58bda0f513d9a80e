/**
 * nginx in front of the backends of the stack, as in production but without TLS: one entry, a failing backend passed over. Settings and what was
 * measured with them: reference "HA stack" (`non_idempotent` is safe because every change carries a version or an Idempotency-Key).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installDebianPackages } from '@stam/testkit'
import { until } from './child.ts'

export interface Proxy {
  readonly url: string
  readonly pid: number | undefined
  close(): Promise<void>
}

const START_MS = 10_000

/** @param backendPorts on loopback; @param port where to listen. Rejects when it does not lead to a backend within 10 s. */
export async function startNginx(folder: string, port: number, backendPorts: readonly number[]): Promise<Proxy> {
  installDebianPackages(['nginx-light'])
  const home = join(folder, 'nginx')
  mkdirSync(home, { recursive: true, mode: 0o755 })
  const file = join(home, 'nginx.conf')
  writeFileSync(file, configOf(home, port, backendPorts))
  const log = openSync(join(home, 'out.log'), 'a')
  // Dies with the laboratory, also when that is killed.
  const child: ChildProcess = spawn(
    'setpriv',
    ['--pdeathsig', 'TERM', '--', '/usr/sbin/nginx', '-p', home, '-e', join(home, 'error.log'), '-c', file],
    { cwd: home, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, stdio: ['ignore', log, log] },
  )
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  const up = await until(async () => (await fetch(`${url}/healthz`)).ok, START_MS, 50)
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
  }
  if (!up) {
    await close()
    throw new Error(`nginx led to no backend within ${START_MS} ms; see ${join(home, 'error.log')}`)
  }
  return { url, pid: child.pid, close }
}

function configOf(home: string, port: number, backendPorts: readonly number[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${home}/${kind};`,
  )
  return `daemon off;
worker_processes 1;
pid ${home}/nginx.pid;
events { worker_connections 2048; }
http {
${temporary.join('\n')}
  access_log off;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream backends {
    # A client stays where it is, WebSocket and REST alike, until that backend fails.
    hash $remote_addr$http_user_agent consistent;
${backendPorts.map((backend) => `    server 127.0.0.1:${backend} max_fails=2 fail_timeout=5s;`).join('\n')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 1m;
    location / {
      proxy_pass http://backends;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Request-ID $http_x_request_id;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_next_upstream error timeout http_503 non_idempotent;
      proxy_next_upstream_tries 2;
      proxy_connect_timeout 1s;
      proxy_read_timeout 35s;
    }
    location /ws {
      proxy_pass http://backends;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_next_upstream error timeout http_503;
      proxy_connect_timeout 1s;
      # Longer than two heartbeats of the server.
      proxy_read_timeout 120s;
      proxy_send_timeout 120s;
    }
  }
}
`
}
