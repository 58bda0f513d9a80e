import { beforeEach } from 'vitest'
import { createMemoryLive, MemoryLiveStore } from '../src/index.ts'
import { liveContract } from './live-contract.ts'

let store = new MemoryLiveStore()
beforeEach(() => {
  store = new MemoryLiveStore()
})

liveContract('the in-process live state', () => ({
  open: async (times) => createMemoryLive({ store, ...(times ? { times } : {}) }),
  takeAway: async () => store.stop(),
  bringBack: async () => store.start(),
  reset: async () => {},
}))
