import { bytesOf, contentOf } from '../files/content.js'
import type { TreeNode } from '../files/tree.js'

export interface TarEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'symlink'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Seconds since the epoch. */
  readonly mtime: number
  readonly target: string
  readonly data: Uint8Array
}

export class NotAnArchive extends Error {
  override readonly name = 'NotAnArchive'
}

const BLOCK = 512

/** The entries of a ustar archive, GNU long names and pax paths included. Throws NotAnArchive. */
export function readTar(archive: Uint8Array): TarEntry[] {
  const bytes = Buffer.from(archive)
  const entries: TarEntry[] = []
  let longName: string | undefined
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK)
    if (header.every((byte) => byte === 0)) break
    const text = (from: number, length: number) =>
      header
        .subarray(from, from + length)
        .toString('utf8')
        .replace(/\0.*$/s, '')
    const number = (from: number, length: number) => Number.parseInt(text(from, length).trim() || '0', 8)
    if (checksum(header) !== number(148, 8)) throw new NotAnArchive('This does not look like a tar archive')
    const size = number(124, 12)
    const data = bytes.subarray(at + BLOCK, at + BLOCK + size)
    const type = text(156, 1)
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
    if (type === 'L') longName = data.toString('utf8').replace(/\0.*$/s, '')
    else if (type === 'x') longName = /(?:^|\n)\d+ path=(.*)\n/.exec(data.toString('utf8'))?.[1] ?? longName
    else if (type !== 'g') {
      const prefix = text(257, 6).startsWith('ustar') ? text(345, 155) : ''
      const name = longName ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`)
      longName = undefined
      const kind = type === '5' || name.endsWith('/') ? 'directory' : type === '2' ? 'symlink' : 'file'
      entries.push({
        name,
        kind,
        mode: number(100, 8) & 0o7777,
        uid: number(108, 8),
        gid: number(116, 8),
        mtime: number(136, 12),
        target: text(157, 100),
        data,
      })
    }
  }
  return entries
}

export function writeTar(entries: readonly TarEntry[]): Buffer {
  const parts: Uint8Array[] = []
  for (const entry of entries) {
    if (Buffer.byteLength(entry.name) > 100) {
      const name = Buffer.from(`${entry.name}\0`)
      parts.push(header({ ...entry, name: '././@LongLink', kind: 'file', data: name }, 'L'), padded(name))
    }
    parts.push(header(entry, { file: '0', directory: '5', symlink: '2' }[entry.kind]), padded(entry.data))
  }
  parts.push(Buffer.alloc(BLOCK * 2))
  return Buffer.concat(parts)
}

/** A tree as entries, its own directory first. */
export function entriesOf(name: string, node: TreeNode): TarEntry[] {
  if (node.kind === 'device') return []
  const base = {
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    mtime: Math.floor(node.mtime / 1000),
    target: '',
    data: Buffer.alloc(0),
  }
  if (node.kind === 'file') return [{ ...base, name, kind: 'file', data: bytesOf(node.content) }]
  if (node.kind === 'symlink') return [{ ...base, name, kind: 'symlink', target: node.target }]
  const inner = [...node.entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([child, below]) => entriesOf(`${name.replace(/\/$/, '')}/${child}`, below))
  return [{ ...base, name: name.endsWith('/') ? name : `${name}/`, kind: 'directory' }, ...inner]
}

export function fileEntry(name: string, text: string, mode = 0o644): TarEntry {
  return { name, kind: 'file', mode, uid: 0, gid: 0, mtime: 0, target: '', data: bytesOf(contentOf(text)) }
}

function header(entry: TarEntry, type: string): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, from: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, from)
  block.write(Buffer.from(entry.name).subarray(0, 100).toString('latin1'), 0, 'latin1')
  octal(entry.mode, 100, 8)
  octal(entry.uid, 108, 8)
  octal(entry.gid, 116, 8)
  octal(entry.data.length, 124, 12)
  octal(entry.mtime, 136, 12)
  block.write(type, 156)
  block.write(entry.target, 157)
  block.write('ustar\x0000', 257)
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** The sum of a header's bytes, its own field counted as blanks. */
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0)
}

function padded(data: Uint8Array): Buffer {
  return Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)])
}
