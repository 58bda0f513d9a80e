/**
 * First start (spec 06): an installation without users prints a one-time code where it was started; who can read that may make the
 * first MASTER. The code is good for an hour and ten attempts, only its hash is kept, and every backend takes the newest one.
 */
import { createHash, randomInt } from 'node:crypto'
import type { SetupRequest } from '@stam/contracts'
import { uuidv7 } from '@stam/runtime'
import {
  type Act,
  appendAudit,
  auditOf,
  insertUser,
  lockSetup,
  putSetupCode,
  setupState,
  type Store,
  trySetupCode,
  useUpSetupCode,
} from '@stam/store'
import type { Backend } from '../backend.ts'
import { done, type Outcome, refuse } from '../http/problem.ts'
import { tooObvious } from './password-rules.ts'
import { type OpenedSession, openSession } from './sessions.ts'

const CODE_LIFE_MS = 60 * 60_000
const MOST_WRONG = 10
const LOOK_EVERY_MS = 30_000
/** Backends that start within this time of each other agree on the code of the first. */
const TOGETHER_MS = 2 * 60_000
/** Without letters and digits that look alike on paper. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

export interface SetupCode {
  readonly code: string
  readonly expiresAt: string
}

/** Who prints codes: is told each new one, once. Another instance's code it cannot know, only that there is one. */
export type CodePrinter = (printed: SetupCode | { readonly printedBy: string }) => void

/** Four groups of four: 79 bits. */
function newCode(): string {
  const group = () => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return [group(), group(), group(), group()].join('-')
}

/** As typed by hand: capitals, spaces and dashes mean nothing. */
function hashOfCode(code: string): Buffer {
  return createHash('sha256')
    .update(code.toLowerCase().replace(/[^a-z0-9]/g, ''))
    .digest()
}

/**
 * Sees to it that a code is out while nobody can sign in, and prints it. A backend that has just started (`fresh`) replaces a code that
 * was printed before, which nobody may have kept; not one that another backend has printed just now. `false`: nothing to set up.
 */
export async function offerSetupCode(
  { store, print }: { store: Store; print: CodePrinter },
  instanceId: string,
  fresh: boolean,
): Promise<boolean> {
  const printed = await store.inTransaction(async (tx) => {
    if ((await setupState(tx, MOST_WRONG)).kind === 'done') return null
    await lockSetup(tx)
    const state = await setupState(tx, MOST_WRONG)
    if (state.kind === 'done') return null
    const known = state.kind === 'open' && (!fresh || (state.issuedBy !== instanceId && state.ageMs < TOGETHER_MS))
    if (known) return { printedBy: state.issuedBy }
    const code = newCode()
    const { expiresAt } = await putSetupCode(tx, { hash: hashOfCode(code), issuedBy: instanceId, lifeMs: CODE_LIFE_MS })
    const actor = { kind: 'system', name: 'setup' } as const
    const after = { expires_at: expiresAt }
    await appendAudit(tx, [
      { actor, action: 'SETUP_CODE', entityType: 'setup', entityId: null, after, serviceInstance: instanceId },
    ])
    return { code, expiresAt }
  })
  if (printed === null) return false
  if ('code' in printed || fresh) print(printed)
  return true
}

export interface SetupWatch {
  close(): Promise<void>
}

/** Offers a code now, and a new one whenever the last has expired or been used up by wrong attempts, until somebody exists. */
export async function watchSetup(
  backend: Pick<Backend, 'store' | 'clock' | 'log'>,
  instanceId: string,
  print: CodePrinter,
): Promise<SetupWatch> {
  const { store, clock, log } = backend
  let cancel = () => {}
  let closed = false
  let running: Promise<unknown> = Promise.resolve()
  const later = (): void => {
    if (closed) return
    cancel = clock.setTimer(LOOK_EVERY_MS, () => {
      running = offerSetupCode({ store, print }, instanceId, false).then(
        (open) => open && later(),
        (error: unknown) => {
          log.warn('setup_code_failed', { error })
          later()
        },
      )
    })
  }
  if (await offerSetupCode({ store, print }, instanceId, true)) later()
  return {
    async close() {
      closed = true
      cancel()
      await running
    },
  }
}

export async function setupNeeded({ store }: Backend): Promise<boolean> {
  return (await setupState(store, MOST_WRONG)).kind !== 'done'
}

/** The code, and who the first MASTER is → their session. Two at once: one of them finds it done. */
export async function setUp(
  backend: Backend,
  input: SetupRequest & { readonly device: string },
  from: Omit<Act, 'actor'>,
): Promise<Outcome<OpenedSession>> {
  const { store, passwords } = backend
  const { name, email, language, password } = input
  const tried = await tryCode(backend, input.code, from)
  if (!tried.ok) return tried
  if (tooObvious(password, { email, name })) return refuse('PASSWORD_TOO_WEAK')
  // Hashed only once the code is known to be right, and before anything is locked.
  const passwordHash = await passwords.hash(password)
  const id = uuidv7()
  const made = await store.inTransaction(async (tx): Promise<Outcome<void>> => {
    await lockSetup(tx)
    if ((await setupState(tx, MOST_WRONG)).kind === 'done') return refuse('SETUP_DONE')
    if (!(await trySetupCode(tx, hashOfCode(input.code), MOST_WRONG))) return refuse('SETUP_CODE_WRONG')
    await useUpSetupCode(tx)
    await insertUser(tx, { id, email, name, role: 'MASTER', language, passwordHash })
    const act: Act = { ...from, actor: { kind: 'user', id, name, role: 'MASTER' } }
    const after = { email, name, role: 'MASTER', language }
    await appendAudit(tx, [auditOf(act, { action: 'SETUP_DONE', entityType: 'user', entityId: id, after })])
    return done(undefined)
  })
  if (!made.ok) return made
  return openSession(backend, { id, name, role: 'MASTER' }, { device: input.device }, from)
}

/** Looks at the code alone. A wrong one counts and is on the record, whatever else is wrong with the request. */
async function tryCode({ store, log }: Backend, code: string, from: Omit<Act, 'actor'>): Promise<Outcome<void>> {
  return store.inTransaction(async (tx): Promise<Outcome<void>> => {
    if ((await setupState(tx, MOST_WRONG)).kind === 'done') return refuse('SETUP_DONE')
    await lockSetup(tx)
    if (await trySetupCode(tx, hashOfCode(code), MOST_WRONG)) return done(undefined)
    const act: Act = { ...from, actor: { kind: 'system', name: 'setup' } }
    await appendAudit(tx, [auditOf(act, { action: 'SETUP_CODE_WRONG', entityType: 'setup', entityId: null })])
    log.warn('setup_code_wrong', { ip: from.ip })
    return refuse('SETUP_CODE_WRONG')
  })
}
