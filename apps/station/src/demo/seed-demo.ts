import { addPeople, type NewPerson } from '@stam/backend'
import type { SiteScope } from '@stam/contracts'
import { createKeyring, Secret, uuidv5, uuidv7 } from '@stam/runtime'
import {
  appendAudit,
  findCredentials,
  findPanel,
  findSite,
  insertPanel,
  insertSite,
  replaceContacts,
  replaceProcedures,
  type Store,
  updatePanel,
} from '@stam/store'
import { type DataFolder } from '../data-folder/data-folder.ts'
import { generatePassword } from '../data-folder/station-secrets.ts'
import { DEMO_PEOPLE } from './people-table.ts'
import { DEMO_SITES, type DemoSite } from './sites-table.ts'

/** Ids of demo rows follow from their names, so that a start which was interrupted goes on where it stopped. */
const NAMESPACE = '5c2f2c9e-9d0a-4b54-8a3e-6f2c8f1d7a10'
const EVERYWHERE: SiteScope = { kind: 'all' }
const AUTHOR = { kind: 'system', name: 'demo' } as const

/** Where a simulated panel listens. */
export interface PanelAddress {
  /** Id in the simulator. */
  readonly panelId: string
  readonly name: string
  readonly port: number
  readonly integrationKey?: string
}

export const siteIdOf = (panelId: string) => uuidv5(NAMESPACE, `site|${panelId}`)
export const databaseIdOf = (panelId: string) => uuidv5(NAMESPACE, `panel|${panelId}`)

/**
 * Makes sites, panels and people of the demo where they are missing, and tells the database where the simulated panels
 * listen today. What people changed since stays as they left it.
 * @param panels those that run now; demo panels of earlier starts that do not are switched off.
 */
export async function seedDemo(store: Store, folder: DataFolder, panels: readonly PanelAddress[]): Promise<void> {
  for (const panel of panels) {
    await seedSite(store, panel, folder.secrets.encryption_key)
    await setAddress(store, panel)
  }
  await seedPeople(store, folder, new Set(panels.map(({ panelId }) => panelId)))
}

/** Panels of an earlier, larger demo have nobody to talk to: without this they would alarm as lost for ever. */
export async function switchOff(store: Store, panelIds: readonly string[]): Promise<void> {
  for (const panelId of panelIds) {
    const panel = await findPanel(store, databaseIdOf(panelId), EVERYWHERE)
    if (panel?.enabled)
      await store.inTransaction((tx) => updatePanel(tx, panel.id, { version: panel.version, enabled: false }))
  }
}

async function seedSite(store: Store, panel: PanelAddress, encryptionKey: string): Promise<void> {
  const siteId = siteIdOf(panel.panelId)
  if (await findSite(store, siteId, EVERYWHERE)) return
  const { site, panelName } = DEMO_SITES.find(({ panelId }) => panelId === panel.panelId) ?? plainSite(panel)
  const { contacts, procedures, ...fields } = site
  const encryptedKey =
    panel.integrationKey === undefined ? null : createKeyring(new Secret(encryptionKey)).encrypt(panel.integrationKey)
  await store.inTransaction(async (tx) => {
    await insertSite(tx, { ...fields, id: siteId, time_zone: 'Europe/Warsaw', settings: {} })
    await replaceContacts(
      tx,
      siteId,
      contacts.map((contact) => ({ ...contact, id: uuidv7() })),
    )
    await replaceProcedures(
      tx,
      siteId,
      procedures.map((procedure) => ({ ...procedure, id: uuidv7() })),
    )
    await insertPanel(tx, {
      id: databaseIdOf(panel.panelId),
      site_id: siteId,
      name: panelName,
      host: '127.0.0.1',
      port: panel.port,
      enabled: true,
      time_zone: 'Europe/Warsaw',
      encryptedKey,
    })
    await appendAudit(tx, [
      {
        actor: AUTHOR,
        action: 'SITE_CREATE',
        entityType: 'site',
        entityId: siteId,
        siteId,
        after: { code: fields.code },
      },
    ])
  })
}

/** Ports are the operating system's choice; one that was taken meanwhile has moved. */
async function setAddress(store: Store, { panelId, port }: PanelAddress): Promise<void> {
  const panel = await findPanel(store, databaseIdOf(panelId), EVERYWHERE)
  // Archived, or pointed at a real panel by somebody: theirs to decide.
  if (panel === null || panel.host !== '127.0.0.1' || (panel.port === port && panel.enabled)) return
  await store.inTransaction((tx) => updatePanel(tx, panel.id, { version: panel.version, port, enabled: true }))
}

async function seedPeople(store: Store, folder: DataFolder, running: ReadonlySet<string>): Promise<void> {
  const known = folder.secrets.passwords
  const fresh = DEMO_PEOPLE.filter(({ email }) => !(email in known)).map(({ email }) => [email, generatePassword()])
  // Kept before they are used: a password nobody knows is worse than one nobody has yet.
  if (fresh.length > 0) folder.saveSecrets({ passwords: { ...known, ...(Object.fromEntries(fresh) as typeof known) } })
  const people: NewPerson[] = []
  for (const { sitesOf = [], ...person } of DEMO_PEOPLE) {
    if (await findCredentials(store, person.email)) continue
    const password = folder.secrets.passwords[person.email] as string
    people.push({ ...person, password, siteIds: sitesOf.filter((panelId) => running.has(panelId)).map(siteIdOf) })
  }
  if (people.length > 0) await addPeople(store, people)
}

/** Beyond the five with a story: as many as asked for, all alike. */
function plainSite({ panelId, name }: PanelAddress): DemoSite {
  const number = panelId.replace(/\D/g, '')
  return {
    panelId,
    panelName: name,
    site: {
      code: `OB-${number}`,
      name: `Obiekt ${number}`,
      type: 'OTHER',
      address_line: `ul. Polna ${Number(number)}`,
      postal_code: '00-001',
      city: 'Warszawa',
      latitude: null,
      longitude: null,
      notes: '',
      contacts: [{ name: 'Osoba kontaktowa', role: '', phone: '+48 22 555 01 00', email: '', note: '' }],
      procedures: [],
    },
  }
}
