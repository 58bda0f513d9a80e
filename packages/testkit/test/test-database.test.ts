import pg from 'pg'
import { expect, test } from 'vitest'
import { testDatabase } from '../src/index.ts'

async function session(url: string, applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: applicationName })
  await client.connect()
  return client
}

test('each test has a database of its own', async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()])
  const clients = await Promise.all([session(one.url, 'one'), session(two.url, 'two')])
  await clients[0].query('CREATE TABLE only_here (n int)')
  await expect(clients[1].query('SELECT n FROM only_here')).rejects.toThrow(/does not exist/)
  for (const client of clients) await client.end()
  await Promise.all([one.close(), two.close()])
})

test('the application login has the rights of the application, not of the owner', async () => {
  const { appUrl, close } = await testDatabase()
  const client = await session(appUrl, 'app')
  const { rows } = await client.query('SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user')
  expect(rows).toEqual([{ rolsuper: false, rolcreatedb: false }])
  expect((await client.query('SELECT id FROM sites')).rows).toEqual([])
  await expect(client.query('DROP TABLE sites')).rejects.toThrow(/must be owner/)
  await client.end()
  await close()
})

test('an empty one has no table of ours', async () => {
  const { url, close } = await testDatabase({ migrated: false })
  const client = await session(url, 'reader')
  const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
  expect(rows).toEqual([])
  await client.end()
  await close()
})

test('a connection that was forgotten fails the test, and is named', async () => {
  const { url, close } = await testDatabase({ migrated: false })
  const client = await session(url, 'forgetful')
  const broken = new Promise((resolve) => client.on('error', resolve))
  await expect(close()).rejects.toThrow(/still open.*\n.*forgetful/)
  await broken
  await client.end().catch(() => undefined)
})
