/** What a figure must be, alone or beside the one it is compared with. */
export interface Target {
  text: string
  reached(value: number, ratio: number): boolean
}

export const atMostTimes = (limit: number): Target => ({
  text: `<= ${limit.toFixed(2)}x`,
  reached: (_value, ratio) => ratio <= limit,
})

export const atLeastTimes = (limit: number): Target => ({
  text: `>= ${limit.toFixed(2)}x`,
  reached: (_value, ratio) => ratio >= limit,
})

export const atMost = (limit: number, unit: string): Target => ({
  text: `<= ${limit} ${unit}`,
  reached: value => value <= limit,
})
