/** Bars that WhatsApp draws for a voice note, and the highest of them (Baileys' `getAudioWaveform`). */
const BARS = 64
const HIGHEST = 100

/** Samples that are one level: 20 ms at 8 kHz. */
const LEVEL = 160

/**
 * The waveform of a voice note from its sound, signed 16 bit little-endian mono at 8 kHz: 64 mean levels from 0 to 100, the loudest
 * of them 100. null for no sound at all. Holds 50 numbers per second of sound.
 */
export async function waveformOf(pcm: AsyncIterable<Uint8Array>): Promise<Uint8Array | null> {
  const levels: number[] = []
  let sum = 0
  let count = 0
  let odd: Buffer | null = null
  for await (const chunk of pcm) {
    const bytes: Buffer = odd === null ? Buffer.from(chunk) : Buffer.concat([odd, chunk])
    const whole = bytes.length & ~1
    for (let at = 0; at < whole; at += 2) {
      sum += Math.abs(bytes.readInt16LE(at))
      if (++count < LEVEL) continue
      levels.push(sum / count)
      sum = count = 0
    }
    odd = whole === bytes.length ? null : bytes.subarray(whole)
  }
  if (count > 0) levels.push(sum / count)
  return levels.length === 0 ? null : scaled(bars(levels))
}

function bars(levels: number[]): number[] {
  return Array.from({ length: BARS }, (_, bar) => {
    const from = Math.floor((bar * levels.length) / BARS)
    const to = Math.max(from + 1, Math.floor(((bar + 1) * levels.length) / BARS))
    const part = levels.slice(from, to)
    return part.reduce((sum, level) => sum + level, 0) / part.length
  })
}

function scaled(levels: number[]): Uint8Array {
  const loudest = Math.max(...levels)
  return Uint8Array.from(levels, level => (loudest === 0 ? 0 : Math.floor((level / loudest) * HIGHEST)))
}
