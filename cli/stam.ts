import { commands, usage } from './commands.ts'

const EXIT_USAGE = 2

const [name, ...argv] = process.argv.slice(2)
if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
  process.stdout.write(usage())
} else {
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined) {
    process.stderr.write(`stam: there is no command "${name}"\n\n${usage()}`)
    process.exitCode = EXIT_USAGE
  } else {
    const { run } = (await import(command.module)) as { run(argv: readonly string[]): Promise<number> }
    process.exitCode = await run(argv)
  }
}
