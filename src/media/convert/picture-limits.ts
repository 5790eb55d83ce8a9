import sharp from 'sharp'

/** Telephones take 12 to 50 million pixels; a bomb of 40 KB has more. */
export const MAX_PIXELS = 50_000_000
/** For one picture. */
export const MAX_SECONDS = 10

/** What libvips may read at all, by its own names: SVG, PDF and the like are not for files of strangers. */
const LOADERS = [
  'VipsForeignLoadJpeg',
  'VipsForeignLoadPng',
  'VipsForeignLoadWebp',
  'VipsForeignLoadNsgif',
  'VipsForeignLoadHeif',
]

/** Limits libvips for the whole process: its loaders to those of photos, its cache to none. */
export function limitLibvips(): void {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: LOADERS })
  sharp.cache(false)
}
