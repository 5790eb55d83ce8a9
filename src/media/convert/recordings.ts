import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tooLarge, unsupported } from '../refusals.ts'
import { AUDIO_CONTAINERS, VIDEO_CONTAINERS } from './containers.ts'
import { type Ffmpeg, FfmpegError, fileInput } from './ffmpeg.ts'

export interface Recordings {
  /**
   * A video, or a picture that moves, as MP4 (H.264, AAC). Rejects, or its stream does, with MEDIA_TYPE_UNSUPPORTED, or with
   * MEDIA_TOO_LARGE once it has more bytes than a video may.
   */
  toMp4(path: string, mimetype: string): Promise<AsyncIterable<Uint8Array>>
  /** A sound as MP3. Rejects, or its stream does, with MEDIA_TYPE_UNSUPPORTED. */
  toMp3(path: string, mimetype: string): Promise<AsyncIterable<Uint8Array>>
}

/** A video takes longer than a picture or a voice note, in ms. */
const VIDEO_CAP_MS = 300_000

/** Both sides even, which H.264 wants. */
const EVEN = 'scale=trunc(iw/2)*2:trunc(ih/2)*2'
const PICTURE = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-pix_fmt', 'yuv420p', '-vf', EVEN]
const SOUND = ['-c:a', 'aac', '-b:a', '128k', '-ac', '2']

/** Videos and sounds in the formats that WhatsApp plays, by ffmpeg; each opens the one file and nothing that it may name. */
export function createRecordings(ffmpeg: Ffmpeg, { maxVideoBytes }: { maxVideoBytes: number }): Recordings {
  /** A player wants the index of an MP4 at its beginning, and ffmpeg writes it last: the file has to be there whole. */
  async function* asMp4(path: string, container: string) {
    const folder = await mkdtemp(join(tmpdir(), 'whatsapp-video-'))
    const target = join(folder, 'video.mp4')
    const output = ['-map', '0:v:0', '-map', '0:a:0?', ...PICTURE, ...SOUND, '-map_metadata', '-1']
    try {
      // ffmpeg ends well where it stops for the size, with its index on top: the file is larger then.
      const form = ['-fs', String(maxVideoBytes), '-movflags', '+faststart', '-f', 'mp4', target]
      const args = [...fileInput(path, container), ...output, ...form]
      for await (const _ of ffmpeg.run(args, undefined, VIDEO_CAP_MS));
      if ((await stat(target)).size > maxVideoBytes)
        throw tooLarge('The video as MP4', maxVideoBytes, 'the limit for videos')
      yield* createReadStream(target)
    } catch (error) {
      throw readable('video', error)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async function* asMp3(path: string, container: string) {
    const output = [
      '-map',
      '0:a:0',
      '-c:a',
      'libmp3lame',
      '-q:a',
      '4',
      '-map_metadata',
      '-1',
      '-f',
      'mp3',
      'pipe:1',
    ]
    try {
      yield* ffmpeg.run([...fileInput(path, container), ...output])
    } catch (error) {
      throw readable('audio', error)
    }
  }

  async function needFfmpeg(mimetype: string, instead: string): Promise<void> {
    if (await ffmpeg.isInstalled()) return
    throw unsupported(
      `A file of type ${mimetype} has to be converted by ffmpeg, which is not installed here: install it, or send ${instead}`,
    )
  }

  return {
    async toMp4(path, mimetype) {
      await needFfmpeg(mimetype, 'MP4')
      return asMp4(path, VIDEO_CONTAINERS[mimetype]!)
    },
    async toMp3(path, mimetype) {
      await needFfmpeg(mimetype, 'MP3')
      return asMp3(path, AUDIO_CONTAINERS[mimetype]!)
    },
  }
}

function readable(kind: 'video' | 'audio', error: unknown): unknown {
  if (!(error instanceof FfmpegError)) return error
  const why = error.timedOut ? 'it takes too long' : 'it is broken, or has nothing of that kind in it'
  return unsupported(`The ${kind} cannot be converted: ${why}`, error)
}
