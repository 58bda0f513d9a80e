/** Every TCP connection of the stack through a fault proxy of its own, so that a drill can cut, silence or slow it. */
import { type FaultProxy, faultProxy } from '@stam/testkit'

export interface Links {
  /** The proxies a name stands for: `satel-worker-1:broker`, `backend-2:database`, `panels:even|odd|all`. */
  find(name: string): readonly FaultProxy[]
  /** A port that leads to `target`, known as `name` from now on. */
  add(name: string, targetPort: number): Promise<number>
  /** Everything passes again. */
  heal(): Promise<void>
  close(): Promise<void>
}

export function createLinks(): Links {
  const proxies = new Map<string, FaultProxy>()
  const panels: FaultProxy[] = []
  const find = (name: string): readonly FaultProxy[] => {
    if (name === 'panels:all') return panels
    if (name === 'panels:even') return panels.filter((_, n) => n % 2 === 0)
    if (name === 'panels:odd') return panels.filter((_, n) => n % 2 === 1)
    const proxy = proxies.get(name)
    if (proxy === undefined) throw new Error(`there is no link ${name}`)
    return [proxy]
  }
  return {
    find,
    async add(name, targetPort) {
      const proxy = await faultProxy({ target: { port: targetPort } })
      if (name.endsWith(':panel')) panels.push(proxy)
      proxies.set(name, proxy)
      return proxy.port
    },
    heal: () => each([...proxies.values()], (proxy) => proxy.pass()),
    close: () => each([...proxies.values()], (proxy) => proxy.close()),
  }
}

/** A cable pulled with a bang: what is connected is reset, what dials is refused. */
export function cut(proxies: readonly FaultProxy[]): Promise<void> {
  return each(proxies, async (proxy) => {
    await proxy.refuse()
    await proxy.cut()
  })
}

/** Half-open: both ends believe in a connection that carries nothing. */
export function silence(proxies: readonly FaultProxy[]): Promise<void> {
  return each(proxies, (proxy) => proxy.freeze())
}

export function slow(proxies: readonly FaultProxy[], delayMs: number): Promise<void> {
  return each(proxies, (proxy) => proxy.delay(delayMs))
}

export function pass(proxies: readonly FaultProxy[]): Promise<void> {
  return each(proxies, (proxy) => proxy.pass())
}

async function each(proxies: readonly FaultProxy[], act: (proxy: FaultProxy) => Promise<void>): Promise<void> {
  await Promise.all(proxies.map(act))
}
