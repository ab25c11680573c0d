/** A moment as people are told it: `2026-11-22 06:15:00 UTC`, from seconds since the epoch. */
export const formatTime = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19)} UTC`
