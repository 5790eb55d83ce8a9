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

type SharpModule = typeof import('sharp').default

let loading: Promise<SharpModule> | undefined

/** sharp, loaded with the first picture: some 8 MB. libvips is limited for the whole process: its loaders to those of photos, its cache to none. */
export function loadSharp(): Promise<SharpModule> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    sharp.block({ operation: ['VipsForeignLoad'] })
    sharp.unblock({ operation: LOADERS })
    sharp.cache(false)
    return sharp
  })
  return loading
}
