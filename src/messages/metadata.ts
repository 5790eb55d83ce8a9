/** A JSON object that a caller gave to a session or a send, to be told again with what is about it; nobody here looks into it. */
export type Metadata = Record<string, unknown>

/** As JSON in UTF-8. */
export const METADATA_MAX_BYTES = 1024
