import {
  openPanelLink,
  type LinkStatus,
  type PanelChange,
  type PanelLink,
  type PanelLinkOptions,
} from '../src/index.ts'
import { FakeModule, type FakeModuleOptions } from './fake-module.ts'
import { until } from './until.ts'

/** A link to a fake module with short times, and everything it said. */
export interface TestLink extends AsyncDisposable {
  readonly module: FakeModule
  readonly link: PanelLink
  readonly changes: PanelChange[]
  readonly statuses: LinkStatus[]
  ready(): Promise<void>
  /** Waits for a status with that reason. */
  waitingFor(reason: string): Promise<void>
  of<Type extends PanelChange['type']>(type: Type): Extract<PanelChange, { type: Type }>[]
}

/** Times a test can wait for; the proportions are those of the defaults. */
export const QUICK = {
  pollIntervalMs: 25,
  fullReadIntervalMs: 60_000,
  answerTimeoutMs: 300,
  slowAnswerTimeoutMs: 400,
  keepAliveMs: 100,
  backoffMs: [20, 40],
  busyBackoffMs: 30,
  stableAfterMs: 10_000,
  listenFirstMs: 25,
  dialTimeoutMs: 1000,
} as const

export async function openTestLink(
  moduleOptions: FakeModuleOptions = {},
  linkOptions: Partial<PanelLinkOptions> = {},
  prepare: (module: FakeModule) => void = () => {},
): Promise<TestLink> {
  const module = await FakeModule.listen(moduleOptions)
  prepare(module)
  const link = openPanelLink({
    host: '127.0.0.1',
    port: module.port,
    push: 'never',
    timeZone: 'Europe/Warsaw',
    ...QUICK,
    ...linkOptions,
  })
  const changes: PanelChange[] = []
  const statuses: LinkStatus[] = [link.status]
  link.onChange((change) => {
    changes.push(change)
    if (change.type === 'status') statuses.push(change.status)
  })
  return {
    module,
    link,
    changes,
    statuses,
    ready: () => until('ready', () => link.status.state === 'ready'),
    waitingFor: (reason) =>
      until(`waiting for ${reason}`, () =>
        statuses.some((status) => status.state === 'waiting' && status.reason === reason),
      ),
    of: (type) => changes.filter((change) => change.type === type) as never,
    [Symbol.asyncDispose]: async () => {
      await link.close()
      await module.close()
    },
  }
}
