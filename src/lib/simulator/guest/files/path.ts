/** The parts of an absolute path; `.` and `..` stay. */
export function splitPath(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

/** An absolute path from parts. */
export function canonical(parts: readonly string[]): string {
  return `/${parts.join('/')}`
}

/** A path as a process in `cwd` means it. The empty path stays empty: the kernel refuses it. */
export function absolute(path: string, cwd: string): string {
  return path === '' || path.startsWith('/') ? path : cwd === '/' ? `/${path}` : `${cwd}/${path}`
}

/** Like absolute, with `.` and `..` taken away by text alone, as a shell's `cd` does. */
export function logical(path: string, cwd: string): string {
  const parts: string[] = []
  for (const part of splitPath(absolute(path, cwd))) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return canonical(parts)
}

export function baseName(path: string): string {
  return splitPath(path).at(-1) ?? (path.startsWith('/') ? '/' : '')
}

export function directoryName(path: string): string {
  const trimmed = path.replace(/\/+$/, '')
  const slash = trimmed.lastIndexOf('/')
  if (slash < 0) return trimmed === '' && path !== '' ? '/' : '.'
  return trimmed.slice(0, slash).replace(/\/+$/, '') || '/'
}
