import { simulateCommand } from '@stam/simulator'

export function run(argv: readonly string[]): Promise<number> {
  return simulateCommand(argv)
}
