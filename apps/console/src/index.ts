/** Where the built application lies, for the process that serves it. Empty until `npm run build -w @stam/console`. */
export const consoleFolder = new URL('../dist/', import.meta.url)
