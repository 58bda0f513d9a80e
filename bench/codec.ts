/**
 * Decoder throughput per second of CPU time: frames as a polled panel sends them, the same bytes in small TCP segments, and
 * garbage. Baseline: copying the same bytes, which is what any receiver does at least.
 */
import { encodeFrame, FrameDecoder } from '@stam/integra/codec'
import { atLeast, type BenchResult } from './report.ts'

const MEGABYTE = 1_000_000
const TOTAL_BYTES = 64 * MEGABYTE

export function benchCodec(): BenchResult {
  const frames = realisticStream(2 * MEGABYTE)
  const garbage = garbageStream(2 * MEGABYTE)
  const metrics = {
    frames_mb_per_s: throughput(frames, 4096),
    frames_in_40_byte_segments_mb_per_s: throughput(frames, 40),
    garbage_mb_per_s: throughput(garbage, 1460),
    start_marks_only_mb_per_s: throughput(new Uint8Array(2 * MEGABYTE).fill(0xfe), 1460),
  }
  const copy = copyThroughput(frames)
  return {
    name: 'codec',
    metrics,
    baseline: { copy_mb_per_s: copy },
    ratio: metrics.frames_mb_per_s / copy,
    bars: [
      atLeast('decoder on frames, MB/s', metrics.frames_mb_per_s, 50),
      atLeast('decoder on garbage, MB/s', metrics.garbage_mb_per_s, 50),
    ],
  }
}

/** The answers of one polling second, over and over: new-data list, zones, partitions, outputs, a log record. */
function realisticStream(size: number): Uint8Array {
  const random = xorshift(7)
  const parts: Uint8Array[] = []
  let length = 0
  while (length < size) {
    for (const [command, bytes] of [
      [0x7f, 6],
      [0x00, 32],
      [0x0a, 4],
      [0x17, 32],
      [0x8c, 14],
      [0x1a, 9],
    ] as const) {
      const payload = new Uint8Array(bytes)
      // Mostly zeros, as in life: few objects are active at once.
      for (let i = 0; i < bytes; i++) payload[i] = random() % 8 === 0 ? random() & 0xff : 0
      const frame = encodeFrame(command, payload)
      parts.push(frame)
      length += frame.length
    }
  }
  return Buffer.concat(parts)
}

function garbageStream(size: number): Uint8Array {
  const random = xorshift(11)
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = random() & 0xff
  return bytes
}

function throughput(stream: Uint8Array, segment: number): number {
  const run = (bytes: number): void => {
    const decoder = new FrameDecoder()
    for (let done = 0; done < bytes; ) {
      for (let at = 0; at < stream.length && done < bytes; at += segment) {
        const chunk = stream.subarray(at, at + segment)
        decoder.push(chunk)
        done += chunk.length
      }
    }
  }
  run(TOTAL_BYTES / 8)
  const start = process.cpuUsage()
  run(TOTAL_BYTES)
  return TOTAL_BYTES / MEGABYTE / seconds(start)
}

function copyThroughput(stream: Uint8Array): number {
  const target = new Uint8Array(stream.length)
  const start = process.cpuUsage()
  for (let done = 0; done < TOTAL_BYTES; done += stream.length) target.set(stream)
  return TOTAL_BYTES / MEGABYTE / seconds(start)
}

/** CPU time of the process, its compiler and collector threads included: what it costs, whoever else wants the core. */
function seconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1e6
}

function xorshift(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
