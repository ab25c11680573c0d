import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import { directoryName } from '../files/path.js'
import type { Program } from '../machine/program.js'
import { parseArguments } from './arguments.js'

export interface ZipEntry {
  readonly name: string
  readonly mode: number
  readonly data: Uint8Array
}

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50]
const [LOCAL_SIZE, CENTRAL_SIZE, END_SIZE] = [30, 46, 22]
const [STORED, DEFLATED] = [0, 8]
const UNIX = 3

/** A ZIP archive of files, compressed. */
export function writeZip(entries: readonly ZipEntry[]): Uint8Array {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, mode, data } of entries) {
    const path = Buffer.from(name)
    const packed = deflateRawSync(data)
    // The same ten fields, from the version needed on, are in front of the data and in the directory.
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(DEFLATED, 4)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(data.length, 18)
    common.writeUInt16LE(path.length, 22)
    const local = Buffer.concat([word(LOCAL), common, path, packed])
    const rest = Buffer.alloc(CENTRAL_SIZE - 32)
    rest.writeUInt32LE(mode * 0x10000 + 0x80000000, 6)
    rest.writeUInt32LE(offset, 10)
    directory.push(word(CENTRAL), Buffer.from([20, UNIX]), common, rest, path)
    bodies.push(local)
    offset += local.length
  }
  const index = Buffer.concat(directory)
  const end = Buffer.alloc(END_SIZE)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(index.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...bodies, index, end])
}

/** The files of a ZIP archive; undefined when it is none. */
export function readZip(archive: Uint8Array): readonly ZipEntry[] | undefined {
  const bytes = Buffer.from(archive)
  const end = bytes.lastIndexOf(word(END))
  if (end < 0) return undefined
  const entries: ZipEntry[] = []
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== CENTRAL) return undefined
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field))
    const name = bytes.toString('utf8', at + CENTRAL_SIZE, at + CENTRAL_SIZE + (nameLength ?? 0))
    const local = bytes.readUInt32LE(at + 42)
    const begin = local + LOCAL_SIZE + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const packed = bytes.subarray(begin, begin + bytes.readUInt32LE(at + 20))
    const mode = (bytes.readUInt32LE(at + 38) >>> 16) & 0o777
    const data = bytes.readUInt16LE(at + 10) === STORED ? packed : inflateRawSync(packed)
    entries.push({ name, mode: mode === 0 ? 0o644 : mode, data })
    at += CENTRAL_SIZE + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0)
  }
  return entries
}

/** `unzip [-qo] ARCHIVE [-d FOLDER]`. */
export const unzip: Program = async (context) => {
  const options = parseArguments(context.args, ['d'])
  const [name = ''] = options.operands
  const path = [name, `${name}.zip`].map((one) => context.path(one)).find((one) => context.files.exists(one))
  if (path === undefined) {
    await context.err(`unzip:  cannot find or open ${name}, ${name}.zip or ${name}.ZIP.\n`)
    return 9
  }
  const entries = readZip(context.files.readBytes(path))
  if (entries === undefined) {
    await context.err(`  End-of-central-directory signature not found.  Either this file is not\n  a zipfile.\n`)
    return 9
  }
  if (!options.has('q')) await context.out(`Archive:  ${name}\n`)
  for (const entry of entries) {
    const target = context.path(`${options.value('d') ?? '.'}/${entry.name}`)
    if (entry.name.endsWith('/')) context.files.mkdirs(target)
    else {
      context.files.mkdirs(directoryName(target))
      context.files.write(target, entry.data, entry.mode)
      if (!options.has('q')) await context.out(`  inflating: ${entry.name}\n`)
    }
  }
  return 0
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
