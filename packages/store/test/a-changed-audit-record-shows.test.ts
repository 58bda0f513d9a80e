// Spec 06 "Audit": entries are hash-chained, so that tampering shows, also by somebody who owns the database.
import { testDatabase, type TestDatabase } from '@stam/testkit'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appendAudit, openStore, sealAudit, type Store, verifyAudit } from '../src/index.ts'

let database: TestDatabase
let store: Store
let owner: pg.Client
beforeEach(async () => {
  database = await testDatabase()
  store = await openStore({ url: database.appUrl, poolSize: 6, applicationName: 'audit-test' })
  owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
})
afterEach(async () => {
  await owner.end()
  await store.close()
  await database.close()
})

const entry = (number: number) => ({
  actor: { kind: 'system', name: 'test' } as const,
  action: 'SITE_EDIT',
  entityType: 'site',
  entityId: String(number),
  before: { b: 1, a: number },
  after: { name: 'Żółw' },
})
const append = (count: number) =>
  store.inTransaction((tx) =>
    appendAudit(
      tx,
      Array.from({ length: count }, (_, number) => entry(number)),
    ),
  )

/** What nobody may do, done by the one who owns everything. */
async function tamper(sql: string): Promise<void> {
  await owner.query(`SET session_replication_role = replica; ${sql}; RESET session_replication_role`)
}

describe('the chain', () => {
  it('holds over everything that was appended, whatever time zone is asked from', async () => {
    await append(12)
    expect(await sealAudit(store)).toMatchObject({ sealed: 12, head: { seq: 12 } })
    await append(3)
    expect(await sealAudit(store)).toMatchObject({ sealed: 3, head: { seq: 15 } })
    expect(await sealAudit(store)).toMatchObject({ sealed: 0 })
    await owner.query(`SET TimeZone = 'Asia/Tokyo'`)
    const verdict = await verifyAudit({
      query: async <Row extends object>(sql: string, values?: readonly unknown[]) =>
        (await owner.query(sql, values as unknown[])).rows.map((row) => ({
          ...row,
          ...('seq' in row ? { seq: Number(row.seq) } : {}),
        })) as Row[],
      execute: async () => 0,
    })
    expect(verdict.problems).toEqual([])
    expect(verdict.days).toEqual([expect.objectContaining({ entries: 15 })])
  })

  it('takes a commit that was slow, and is sealed once by two at a time', async () => {
    await append(5)
    let finish = () => {}
    const slow = store.inTransaction(async (tx) => {
      await appendAudit(tx, [entry(99)])
      await new Promise<void>((resolve) => {
        finish = resolve
      })
    })
    await append(5)
    await Promise.all([sealAudit(store), sealAudit(store)])
    finish()
    await slow
    await Promise.all([sealAudit(store), sealAudit(store)])
    await sealAudit(store)
    const verdict = await verifyAudit(store)
    expect(verdict.problems).toEqual([])
    expect(verdict.days[0]?.entries).toBe(11)
  })

  it.each([
    ['a changed word', `UPDATE audit_log SET actor_name = 'somebody else' WHERE id = 7`, 'changed'],
    ['a changed time', `UPDATE audit_log SET at = at - interval '1 ms' WHERE id = 7`, 'changed'],
    ['a removed entry', `DELETE FROM audit_log WHERE id = 7`, 'removed'],
    ['a removed seal', `DELETE FROM audit_seals WHERE audit_id = 7`, 'seal-missing'],
    [
      'entry and seal both gone',
      `DELETE FROM audit_log WHERE id = 7; DELETE FROM audit_seals WHERE audit_id = 7`,
      'seal-missing',
    ],
  ])('shows %s', async (_, sql, kind) => {
    await append(12)
    await sealAudit(store)
    await tamper(sql)
    const { problems } = await verifyAudit(store)
    expect(problems[0]).toMatchObject({ kind, seq: kind === 'seal-missing' ? 8 : 7 })
  })

  it('is closed to the application itself', async () => {
    await append(1)
    await sealAudit(store)
    for (const sql of [
      `UPDATE audit_seals SET day = '2000-01-01'`,
      `DELETE FROM audit_seals`,
      `UPDATE audit_log SET reason = 'x'`,
      `DELETE FROM audit_log`,
    ]) {
      await expect(store.execute(sql), sql).rejects.toThrow()
    }
  })
})
