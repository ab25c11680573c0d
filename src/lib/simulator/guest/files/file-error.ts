const TEXTS = {
  ENOENT: 'No such file or directory',
  EEXIST: 'File exists',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  ENOTEMPTY: 'Directory not empty',
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
  ELOOP: 'Too many levels of symbolic links',
  EINVAL: 'Invalid argument',
  ENOSPC: 'No space left on device',
  EBUSY: 'Device or resource busy',
} as const

export type FileErrorCode = keyof typeof TEXTS

/** A system call that failed, with the text that strerror has for it. */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly code: FileErrorCode
  readonly path: string

  constructor(code: FileErrorCode, path: string) {
    super(TEXTS[code])
    this.code = code
    this.path = path
  }
}
