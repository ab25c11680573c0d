import type { HttpMethod } from '../../api/method.js'
import { usageLine } from './command-table.js'
import { ToolFailure, type ToolIo } from './tool.js'

const VERBS: readonly (readonly [string, HttpMethod])[] = [
  ['get', 'GET'],
  ['set', 'PUT'],
  ['create', 'POST'],
  ['delete', 'DELETE'],
]

/** `pvesh usage PATH [--command VERB]`: a line for each verb that the path knows. Throws ToolFailure when there is none. */
export async function usageOfPath(
  path: string,
  { command }: Readonly<Record<string, string | readonly string[]>>,
  io: ToolIo,
): Promise<number> {
  const lines = VERBS.filter(([verb]) => command === undefined || verb === command).flatMap(([verb, method]) => {
    const found = io.api.find(method, path)
    if (found === undefined) return []
    const { apiMethod, pathParameters } = found
    const own = Object.entries(apiMethod.parameters).filter(([name]) => !(name in pathParameters))
    return [`USAGE: ${usageLine(`pvesh ${verb} ${path}`, [], Object.fromEntries(own))}\n`]
  })
  if (lines.length === 0)
    throw new ToolFailure(
      command === undefined ? `no such resource '${path}'` : `no '${command}' handler for '${path}'`,
    )
  await io.out(lines.join(''))
  return 0
}
