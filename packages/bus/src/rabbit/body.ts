import type { AsyncMessage, SyncMessage } from 'rabbitmq-client'

/** The bytes of a received body. The library hands over text and JSON parsed, depending on the content type. */
export function bodyBytes({ body }: AsyncMessage | SyncMessage): Buffer {
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** Content type of ours: with a character set the library leaves the bytes alone. */
export const JSON_CONTENT = 'application/json; charset=utf-8'
