/** The latest time that a Date can hold, in ms: beyond it `toISOString` throws. A peer may write any time. */
export const LATEST_DATE = 8.64e15
