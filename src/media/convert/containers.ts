/** ffmpeg's names of the containers that it may open, by mimetype: never one that names other files, as a playlist does. */
export const AUDIO_CONTAINERS: Readonly<Record<string, string>> = {
  'audio/ogg; codecs=opus': 'ogg',
  'audio/ogg': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'mov',
  'audio/x-m4a': 'mov',
  'audio/aac': 'aac',
  'audio/amr': 'amr',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  // A recording may be a video without pictures.
  'video/mp4': 'mov',
  'video/3gpp': 'mov',
  'video/webm': 'matroska',
}

/** Videos that are no MP4, and pictures that move. */
export const VIDEO_CONTAINERS: Readonly<Record<string, string>> = {
  'video/quicktime': 'mov',
  'video/x-m4v': 'mov',
  'video/webm': 'matroska',
  'video/matroska': 'matroska',
  'video/x-matroska': 'matroska',
  'video/vnd.avi': 'avi',
  'video/x-msvideo': 'avi',
  'image/gif': 'gif',
}
