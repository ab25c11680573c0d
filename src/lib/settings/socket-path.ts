/** Bytes that the path of a Unix socket may have: `sun_path` of Linux has 108 with the final zero (unix(7)). Node cuts what is longer. */
export const LONGEST_SOCKET_PATH = 107

export const fitsSocketAddress = (path: string): boolean => Buffer.byteLength(path) <= LONGEST_SOCKET_PATH
