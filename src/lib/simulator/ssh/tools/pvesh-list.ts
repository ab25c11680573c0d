import type { FoundMethod } from '../../api/registry.js'
import { rowsOf, textOf } from './data.js'
import { resultText } from './output-format.js'
import { ToolFailure, type ToolIo } from './tool.js'

/** The key of each entry that names what lies below, for the lists whose schema links to it. */
const CHILD_KEYS: Readonly<Record<string, string>> = {
  '/': 'subdir',
  '/access': 'subdir',
  '/access/domains': 'realm',
  '/access/roles': 'roleid',
  '/access/users': 'userid',
  '/access/users/{userid}/token': 'tokenid',
  '/cluster': 'name',
  '/nodes': 'node',
  '/nodes/{node}': 'name',
  '/nodes/{node}/lxc': 'vmid',
  '/nodes/{node}/lxc/{vmid}': 'subdir',
  '/nodes/{node}/lxc/{vmid}/snapshot': 'name',
  '/nodes/{node}/lxc/{vmid}/snapshot/{snapname}': 'cmd',
  '/nodes/{node}/lxc/{vmid}/status': 'subdir',
  '/nodes/{node}/network': 'iface',
  '/nodes/{node}/qemu': 'vmid',
  '/nodes/{node}/storage': 'storage',
  '/nodes/{node}/storage/{storage}': 'subdir',
  '/nodes/{node}/storage/{storage}/content': 'volid',
  '/nodes/{node}/tasks': 'upid',
  '/nodes/{node}/tasks/{upid}': 'name',
  '/pools': 'poolid',
  '/storage': 'storage',
}

/** `pvesh ls PATH`: what lies below, each with what can be done to it. Throws ToolFailure where nothing can lie below. */
export async function list(
  path: string,
  found: FoundMethod | undefined,
  parameters: Readonly<Record<string, string | readonly string[]>>,
  io: ToolIo,
): Promise<number> {
  if (found === undefined) throw new ToolFailure(`no such resource '${path}'`)
  const key = CHILD_KEYS[found.apiMethod.path]
  if (key === undefined) throw new ToolFailure(`resource '${path}' does not define child links`)
  const { data } = await io.api.call('GET', path)
  const names = rowsOf(data).map((row) => textOf(row[key]))
  const rows = names.sort().map((name) => ({ capabilities: capabilities(`${path}/${name}`, io), name }))
  const plain = { noborder: '1', noheader: '1', ...parameters }
  if (rows.length > 0 || (parameters['output-format'] ?? 'text') !== 'text')
    await io.out(resultText(rows, plain, io, true))
  return 0
}

/** `Drwcd`: directory, read, write, create, delete. */
function capabilities(path: string, io: ToolIo): string {
  const read = io.api.find('GET', path)
  const isDirectory = read !== undefined && CHILD_KEYS[read.apiMethod.path] !== undefined
  const can = (method: 'PUT' | 'POST' | 'DELETE', letter: string) => (io.api.find(method, path) ? letter : '-')
  return `${isDirectory ? 'D' : '-'}${read ? 'r' : '-'}${can('PUT', 'w')}${can('POST', 'c')}${can('DELETE', 'd')}`
}
