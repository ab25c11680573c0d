import type { ApiMethod, HttpMethod } from './method.js'
import { remembering } from './remembering.js'

export interface FoundMethod {
  readonly apiMethod: ApiMethod
  readonly pathParameters: Readonly<Record<string, string>>
}

/** Finds the method of a path. */
export interface Registry {
  /** `path` is decoded and starts with a slash; empty parts do not count. Undefined: 501 (PVE-FACTS 1.2). */
  find(method: HttpMethod, path: string): FoundMethod | undefined
  /** Methods below a path, for `pvesh ls` and `pvesh usage`. */
  methods(): readonly ApiMethod[]
}

interface Branch {
  readonly fixed: Map<string, Branch>
  hole?: { readonly name: string; readonly branch: Branch }
  /** A last part that takes everything that is left, slashes included: `{volume*}`. */
  rest?: { readonly name: string; readonly branch: Branch }
  readonly methods: Map<string, ApiMethod>
}

/** Arranges methods by their path patterns. A fixed part is preferred to a hole. Throws when two methods claim one path. */
export function createRegistry(methods: readonly ApiMethod[]): Registry {
  const root = newBranch()
  for (const method of methods) {
    const branch = parts(method.path).reduce(grow, root)
    if (branch.methods.has(method.method)) throw new Error(`${method.method} ${method.path} is there twice`)
    branch.methods.set(method.method, method)
  }
  const find = remembering((call): FoundMethod | undefined => {
    const space = call.indexOf(' ')
    const found = walk(root, parts(call.slice(space + 1)))
    const apiMethod = found?.branch.methods.get(call.slice(0, space))
    return found && apiMethod && { apiMethod, pathParameters: found.parameters }
  })
  return { methods: () => methods, find: (method, path) => find(`${method} ${path}`) }
}

const newBranch = (): Branch => ({ fixed: new Map(), methods: new Map() })
const parts = (path: string): readonly string[] => path.split('/').filter((part) => part !== '')

function grow(branch: Branch, part: string): Branch {
  const [, name, rest] = /^\{([\w-]+)(\*?)\}$/.exec(part) ?? []
  if (name === undefined) {
    const next = branch.fixed.get(part) ?? newBranch()
    branch.fixed.set(part, next)
    return next
  }
  const kind = rest === '*' ? 'rest' : 'hole'
  branch[kind] ??= { name, branch: newBranch() }
  if (branch[kind].name !== name) throw new Error(`one place has the names ${name} and ${branch[kind].name}`)
  return branch[kind].branch
}

function walk(root: Branch, path: readonly string[]) {
  const parameters: Record<string, string> = {}
  let branch = root
  for (const [index, part] of path.entries()) {
    const fixed = branch.fixed.get(part)
    if (fixed !== undefined) {
      branch = fixed
    } else if (branch.hole !== undefined) {
      parameters[branch.hole.name] = part
      branch = branch.hole.branch
    } else if (branch.rest !== undefined) {
      parameters[branch.rest.name] = path.slice(index).join('/')
      return { branch: branch.rest.branch, parameters }
    } else {
      return undefined
    }
  }
  return { branch, parameters }
}
