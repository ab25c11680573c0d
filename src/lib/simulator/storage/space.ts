const MIB = 1024 ** 2

/** What a linked clone or a snapshot takes at first, in bytes. */
export const DELTA = MIB

/** An unpacked OS template takes about three times its compressed size. */
const UNPACKED = 3

/** Bytes that a new thin disk takes: the file system's own structures and what is unpacked into it. */
export function thinUsage(size: number, osTemplateSize: number): number {
  const content = MIB + osTemplateSize * UNPACKED
  return size === 0 ? content : Math.min(size, content)
}
