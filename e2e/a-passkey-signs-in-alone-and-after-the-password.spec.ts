/** Passkeys (spec 06) with a real browser and its virtual authenticator. */
import { expect, type Page } from '@playwright/test'
import { test } from './station.ts'

interface TestKey {
  readonly credentialId: string
  readonly signCount: number
  readonly [field: string]: unknown
}

/** A phone's platform authenticator, whose finger always fits. */
async function authenticatorOf(page: Page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    keys: async () =>
      (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials as unknown as TestKey[],
    replace: async (key: TestKey) => {
      await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: key.credentialId })
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: key as never })
    },
    clear: () => cdp.send('WebAuthn.clearCredentials', { authenticatorId }),
  }
}

async function leave(page: Page): Promise<void> {
  await page.getByTestId('user-menu').click()
  await page.getByTestId('sign-out').click()
  await expect(page.getByTestId('login')).toBeVisible()
}

test('added in the profile, signs in alone, then after the password; a copy of it is put out of use', async ({
  page,
  station,
}) => {
  // Authenticators keep passkeys by name; a number is none.
  const url = station.url.replace('127.0.0.1', 'localhost')
  const user = station.user('OPERATOR')
  const phone = await authenticatorOf(page)
  const withPassword = async (): Promise<void> => {
    await page.getByTestId('login-email').fill(user.email)
    await page.getByTestId('login-password').fill(user.password)
    await page.getByTestId('login-submit').click()
  }
  await page.goto(`${url}/profile`)
  await withPassword()
  await page.getByTestId('passkey-name').fill('Telefon służbowy')
  await page.getByTestId('passkey-add').click()
  await expect(page.getByTestId('passkey')).toHaveCount(1)
  await expect(page.getByTestId('passkey')).toContainText('Telefon służbowy')
  expect(await phone.keys()).toHaveLength(1)

  await page.getByTestId('passkey-name').fill('Jeszcze raz')
  await page.getByTestId('passkey-add').click()
  await expect(page.getByTestId('security-problem')).toBeVisible()
  await expect(page.getByTestId('passkey')).toHaveCount(1)

  await leave(page)
  await page.getByTestId('login-passkey').click()
  await expect(page.getByTestId('security')).toBeVisible()

  await page.getByTestId('second-factor-on').click()
  await expect(page.getByTestId('second-factor').locator('[data-selected]')).toHaveAttribute(
    'data-testid',
    'second-factor-on',
  )
  await leave(page)
  await withPassword()
  await expect(page.getByTestId('security')).toBeVisible()

  const [real] = await phone.keys()
  if (real === undefined) throw new Error('the authenticator has lost its passkey')
  await leave(page)
  await phone.replace({ ...real, signCount: 0 })
  await page.getByTestId('login-passkey').click()
  await expect(page.getByTestId('login-error')).toBeVisible()
  await phone.replace({ ...real, signCount: 99 })
  await page.getByTestId('login-passkey').click()
  await expect(page.getByTestId('login-error')).toBeVisible()
  const actions = (await station.audit('MASTER')).map(({ action }) => action)
  expect(actions).toEqual(expect.arrayContaining(['PASSKEY_ADD', 'SECOND_FACTOR', 'PASSKEY_SUSPEND']))
})

test('without the passkey the right password leads nowhere', async ({ page, station }) => {
  // Nobody of the other stories: with the second factor on, a password alone opens this account no more.
  const url = station.url.replace('127.0.0.1', 'localhost')
  const user = station.user('FIELD_WORKER')
  const phone = await authenticatorOf(page)
  await page.goto(`${url}/profile`)
  await page.getByTestId('login-email').fill(user.email)
  await page.getByTestId('login-password').fill(user.password)
  await page.getByTestId('login-submit').click()
  await page.getByTestId('passkey-name').fill('Klucz')
  await page.getByTestId('passkey-add').click()
  await page.getByTestId('second-factor-on').click()
  await leave(page)
  await phone.clear()
  await page.getByTestId('login-password').fill(user.password)
  await page.getByTestId('login-email').fill(user.email)
  await page.getByTestId('login-submit').click()
  await expect(page.getByTestId('login-error')).toContainText('klucza')
  await expect(page.getByTestId('status-bar')).toHaveCount(0)
})
