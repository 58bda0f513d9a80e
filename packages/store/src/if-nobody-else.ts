import type { Store, Transaction } from './connection.ts'

/**
 * Runs `work` in a transaction while no other process runs the same task; undefined when one does. The lock ends with the transaction, also
 * behind a transaction pool and when the process dies.
 */
export async function ifNobodyElse<T>(
  store: Store,
  task: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T | undefined> {
  return store.inTransaction(async (tx) => {
    const [row] = await tx.query<{ mine: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('stam:task:' || $1, 0)) AS mine`,
      [task],
    )
    return row?.mine ? work(tx) : undefined
  })
}
