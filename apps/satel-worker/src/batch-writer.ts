interface Waiting<Item, Answer> {
  readonly item: Item
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/**
 * Writes what many ask for at about the same time together, one statement after the other: thousands of panels that come
 * up at once must not each take a connection.
 */
export class BatchWriter<Item, Answer> {
  readonly #write: (items: readonly Item[]) => Promise<(item: Item) => Answer>
  readonly #most: number
  #waiting: Waiting<Item, Answer>[] = []
  #writing: Promise<void> | undefined

  /** @param write writes a batch and says what to answer for each; a rejection is everybody's */
  constructor(write: (items: readonly Item[]) => Promise<(item: Item) => Answer>, most = 500) {
    this.#write = write
    this.#most = most
  }

  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#writing ??= this.#run().finally(() => {
        this.#writing = undefined
      })
    })
  }

  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await this.#writing
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // One turn of the event loop, so that all who come in it go together.
      await new Promise((resolve) => setImmediate(resolve))
      const batch = this.#waiting.splice(0, this.#most)
      try {
        const answerFor = await this.#write(batch.map(({ item }) => item))
        for (const { item, resolve } of batch) resolve(answerFor(item))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
  }
}
