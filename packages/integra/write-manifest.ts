/** Writes the manifest of the published folder: Node runs no TypeScript below node_modules, so it names the built files. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'

const { name, version, license, description, engines } = JSON.parse(readFileSync('package.json', 'utf8'))
const door = (file: string) => ({ types: `./${file}.d.ts`, default: `./${file}.js` })
const manifest = {
  name,
  version,
  description,
  license,
  type: 'module',
  engines,
  exports: { '.': door('index'), './codec': door('codec/index') },
}
writeFileSync('dist/package.json', `${JSON.stringify(manifest, null, 2)}\n`)
copyFileSync('README.md', 'dist/README.md')
