/**
 * The codec door, `@stam/integra/codec`: bytes and what they mean, both ways, for a client and for a module. Pure but
 * for the AES primitive; nothing here opens a socket or looks at a clock.
 */
export * from './bits.ts'
export * from './busy.ts'
export * from './clock.ts'
export * from './code-page.ts'
export * from './command-numbers.ts'
export * from './crc.ts'
export * from './event-record.ts'
export * from './frame.ts'
export * from './measurements.ts'
export * from './names.ts'
export * from './panel-types.ts'
export * from './pdu.ts'
export * from './results.ts'
export * from './state-table.ts'
export * from './user-code.ts'
export * from './versions.ts'
