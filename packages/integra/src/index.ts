export type * from './link/types.ts'
