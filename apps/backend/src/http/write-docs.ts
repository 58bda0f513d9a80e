/** Writes docs/openapi.json and docs/errors.md from the code as it is: `npm run docs -w @stam/backend`. */
import { writeFileSync } from 'node:fs'
import { createApiDocument } from './api-document.ts'
import { errorsPage } from './errors-page.ts'

const docs = new URL('../../../../docs/', import.meta.url)
writeFileSync(new URL('openapi.json', docs), `${JSON.stringify(await createApiDocument(), null, 2)}\n`)
writeFileSync(new URL('errors.md', docs), errorsPage())
