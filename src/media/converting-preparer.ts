import type { Clock } from '../base/clock.ts'
import type { MediaPreparer } from '../ports/media/media-preparer.ts'
import type { MediaStore } from '../ports/media/media-store.ts'
import { createConversions } from './convert/conversions.ts'
import { createFfmpeg } from './convert/ffmpeg.ts'
import { createPictures } from './convert/pictures.ts'
import { createRecordings } from './convert/recordings.ts'
import { createThumbnails } from './convert/thumbnails.ts'
import { createVoiceNotes } from './convert/voice-notes.ts'
import { maxBytesOf } from './limits.ts'
import { createMediaPreparer } from './prepare-media.ts'

/** The preparer with all that converts: sharp, and ffmpeg where it is installed. `maxBytes`: of one file, in or out. */
export function createConvertingPreparer(
  store: MediaStore,
  { clock, ...limits }: { clock: Clock; maxBytes: number; allowPrivate: boolean },
): MediaPreparer {
  const ffmpeg = createFfmpeg({ clock })
  const maxVideoBytes = maxBytesOf('video', limits.maxBytes)
  return createMediaPreparer({
    store,
    voice: createVoiceNotes(ffmpeg),
    thumbnails: createThumbnails(ffmpeg),
    conversions: createConversions(createPictures(ffmpeg), createRecordings(ffmpeg, { maxVideoBytes })),
    clock,
    ...limits,
  })
}
