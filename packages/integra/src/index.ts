/**
 * @stam/integra: SATEL INTEGRA alarm panels over TCP. Open a link to a panel, follow its changes, execute commands,
 * read its event memory. The codec has a door of its own, `@stam/integra/codec`.
 */
export * from './codec/index.ts'
export * as commands from './commands/index.ts'
export type * from './commands/command.ts'
export { openPanelLink } from './link/panel-link.ts'
export * from './link/panel-time.ts'
export type * from './link/types.ts'
