import { createReadStream } from 'node:fs'
import { unsupported } from '../refusals.ts'
import { AUDIO_CONTAINERS } from './containers.ts'
import { type Ffmpeg, FfmpegError, fileInput } from './ffmpeg.ts'
import { opusSeconds } from './ogg.ts'
import { waveformOf } from './waveform.ts'

/** What WhatsApp plays as a voice note. */
export const VOICE_MIMETYPE = 'audio/ogg; codecs=opus'

export interface VoiceNotes {
  /**
   * The file as Ogg Opus, mono at 48 kHz, or null if it is Ogg Opus as it is. `mimetype` is what `mimetypeOf` told of it.
   * Rejects with MEDIA_TYPE_UNSUPPORTED without ffmpeg; the stream does when the sound cannot be read, or with a signal's reason.
   */
  convert(path: string, mimetype: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array> | null>
  /** Whole seconds, at least 1, and 64 levels from 0 to 100, of an Ogg Opus file; null what cannot be told. */
  describe(
    path: string,
    signal?: AbortSignal,
  ): Promise<{ seconds: number | null; waveform: Uint8Array | null }>
}

/**
 * Voice notes from whatever was recorded. ffmpeg is told the container that the content has shown and may open nothing but the one
 * file, because a playlist in disguise would make it fetch or read what it names.
 */
export function createVoiceNotes(ffmpeg: Ffmpeg): VoiceNotes {
  function input(path: string, container: string): string[] {
    return [...fileInput(path, container), '-map', '0:a:0', '-ac', '1']
  }

  async function* converted(path: string, container: string, signal?: AbortSignal) {
    const sound = ['-ar', '48000', '-c:a', 'libopus', '-b:a', '32k', '-application', 'voip']
    const output = ['-map_metadata', '-1', '-f', 'ogg', 'pipe:1']
    try {
      yield* ffmpeg.run([...input(path, container), ...sound, ...output], signal)
    } catch (error) {
      if (!(error instanceof FfmpegError)) throw error
      const why = error.timedOut ? 'it takes too long' : 'it is broken, or there is no sound in it'
      throw unsupported(`The audio cannot be converted to Ogg Opus: ${why}`, error)
    }
  }

  async function waveform(path: string, signal?: AbortSignal): Promise<Uint8Array | null> {
    if (!(await ffmpeg.isInstalled())) return null
    try {
      const samples = ['-ar', '8000', '-f', 's16le', 'pipe:1']
      return await waveformOf(ffmpeg.run([...input(path, 'ogg'), ...samples], signal))
    } catch (error) {
      if (error instanceof FfmpegError) return null
      throw error
    }
  }

  return {
    async convert(path, mimetype, signal) {
      if (mimetype === VOICE_MIMETYPE) return null
      const container = Object.hasOwn(AUDIO_CONTAINERS, mimetype) ? AUDIO_CONTAINERS[mimetype] : undefined
      if (container === undefined)
        throw unsupported(
          `A file of type ${mimetype} cannot be sent as audio: it has no sound that can be read here (anything goes as document)`,
        )
      if (!(await ffmpeg.isInstalled()))
        throw unsupported(
          `A voice note of type ${mimetype} needs ffmpeg, which is not installed here: install it, or send Ogg Opus`,
        )
      return converted(path, container, signal)
    },

    async describe(path, signal) {
      signal?.throwIfAborted()
      const seconds = await opusSeconds(createReadStream(path))
      return {
        seconds: seconds === null ? null : Math.max(1, Math.round(seconds)),
        waveform: seconds === null ? null : await waveform(path, signal),
      }
    },
  }
}
