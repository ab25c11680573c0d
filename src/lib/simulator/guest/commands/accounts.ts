import type { FileSystem } from '../files/file-system.js'

export interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

/** The users of /etc/passwd. */
export function users(files: FileSystem): readonly User[] {
  return rows(files, '/etc/passwd').map(([name = '', , uid, gid, , home = '/', shell = '/bin/sh']) => ({
    name,
    uid: Number(uid),
    gid: Number(gid),
    home,
    shell,
  }))
}

/** The groups of /etc/group with their members. */
export function groups(
  files: FileSystem,
): readonly { readonly name: string; readonly gid: number; readonly members: readonly string[] }[] {
  return rows(files, '/etc/group').map(([name = '', , gid, members = '']) => ({
    name,
    gid: Number(gid),
    members: members.split(',').filter((member) => member !== ''),
  }))
}

export function userName(files: FileSystem, uid: number): string | undefined {
  return users(files).find((user) => user.uid === uid)?.name
}

export function groupName(files: FileSystem, gid: number): string | undefined {
  return groups(files).find((group) => group.gid === gid)?.name
}

/** A user given by name or number. */
export function uidOf(files: FileSystem, text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : users(files).find((user) => user.name === text)?.uid
}

export function gidOf(files: FileSystem, text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : groups(files).find((group) => group.name === text)?.gid
}

function rows(files: FileSystem, path: string): string[][] {
  if (!files.exists(path)) return []
  return files
    .readText(path)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'))
}
