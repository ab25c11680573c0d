import type { TaskIndex, TaskStatusClass } from '../task-index.js'
import { parseUpid, type UpidParts } from '../upid.js'
import { ApiError, parameterError, permissionError } from './api-error.js'
import type { CallContext, Identity } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { flag, integer, list, NODE, requiredText, text } from './parameters.js'

const UPID = { type: 'string' } as const
const START = { type: 'integer', minimum: 0, default: 0, optional: true } as const
const LIMIT = { type: 'integer', minimum: 0, default: 50, optional: true } as const
const SOURCES = ['archive', 'active', 'all'] as const

/** The tasks of a node (PVE-FACTS 2.4). */
export function taskMethods(): readonly ApiMethod[] {
  const onNode = { onNode: true, permissions: { user: 'all' } } as const
  return [
    {
      ...onNode,
      method: 'GET',
      path: '/nodes/{node}/tasks',
      parameters: {
        node: NODE,
        start: START,
        limit: LIMIT,
        userfilter: { type: 'string', optional: true },
        typefilter: { type: 'string', optional: true },
        vmid: { type: 'integer', format: 'pve-vmid', optional: true },
        errors: { type: 'boolean', optional: true },
        source: { type: 'string', enum: SOURCES, default: 'archive', optional: true },
        since: { type: 'integer', optional: true },
        until: { type: 'integer', optional: true },
        statusfilter: { type: 'string', format: 'pve-task-status-type-list', optional: true },
      },
      handler: listTasks,
    },
    {
      ...onNode,
      method: 'GET',
      path: '/nodes/{node}/tasks/{upid}/status',
      parameters: { node: NODE, upid: UPID },
      handler(parameters, context) {
        const upid = requiredText(parameters, 'upid')
        const parts = parsed(upid)
        const status = context.node.tasks.status(upid)
        if (typeof status === 'string') throw noSuchTask()
        checkOwner(parts, context, 'Sys.Audit')
        return status
      },
    },
    {
      ...onNode,
      method: 'GET',
      path: '/nodes/{node}/tasks/{upid}/log',
      parameters: { node: NODE, upid: UPID, start: START, limit: LIMIT, download: { type: 'boolean', optional: true } },
      handler: readLog,
    },
    {
      ...onNode,
      method: 'DELETE',
      path: '/nodes/{node}/tasks/{upid}',
      protected: true,
      parameters: { node: NODE, upid: UPID },
      async handler(parameters, context) {
        const upid = requiredText(parameters, 'upid')
        const parts = parsed(upid)
        if (typeof context.node.tasks.find(upid) === 'string') throw noSuchTask()
        checkOwner(parts, context, 'Sys.Modify')
        await context.node.stopTask(upid)
        return null
      },
    },
  ]
}

/** Whether a task of `owner` (a user id or a full token id) belongs to the caller: a token sees its own, a user also those of its tokens. */
function ownsTask(owner: string, identity: Identity): boolean {
  return owner === identity.id || (identity.token === undefined && owner.startsWith(`${identity.user}!`))
}

function listTasks(parameters: Parameters, { node, identity, may, setAttribute }: CallContext) {
  const seesAll = may(`/nodes/${node.name}`, ['Sys.Audit'])
  const { entries, total } = node.tasks.list({
    start: integer(parameters, 'start') ?? START.default,
    limit: integer(parameters, 'limit') ?? LIMIT.default,
    source: SOURCES.find((source) => source === parameters['source']) ?? 'archive',
    errors: flag(parameters, 'errors'),
    ...given({
      userfilter: text(parameters, 'userfilter'),
      typefilter: text(parameters, 'typefilter'),
      vmid: integer(parameters, 'vmid'),
      since: integer(parameters, 'since'),
      until: integer(parameters, 'until'),
      statusfilter: list(parameters, 'statusfilter')?.filter(isStatusClass),
    }),
    visible: (user) => seesAll || ownsTask(user, identity),
  })
  setAttribute('total', total)
  return entries
}

function readLog(parameters: Parameters, context: CallContext) {
  const upid = requiredText(parameters, 'upid')
  checkOwner(parsed(upid), context, 'Sys.Audit')
  const [start, limit] = [integer(parameters, 'start'), integer(parameters, 'limit')]
  if (flag(parameters, 'download')) {
    if (start !== undefined || limit !== undefined)
      throw new ApiError(500, "'download' cannot be used together with 'start' or 'limit' parameters")
    return logText(context.node.tasks, upid)
  }
  const { lines, total } = context.node.tasks.logs.page(upid, start ?? START.default, limit ?? LIMIT.default)
  context.setAttribute('total', total)
  return lines
}

const logText = (tasks: TaskIndex, upid: string) => (tasks.logs.lines(upid) ?? []).map((line) => `${line}\n`).join('')

function parsed(upid: string): UpidParts {
  const parts = parseUpid(upid)
  if (parts === undefined) throw parameterError({ upid: 'unable to parse worker upid' })
  return parts
}

const noSuchTask = () => parameterError({ upid: 'no such task' })

function checkOwner(parts: UpidParts, { node, identity, may }: CallContext, privilege: string): void {
  const path = `/nodes/${node.name}`
  if (!ownsTask(parts.user, identity) && !may(path, [privilege])) throw permissionError(`${path}, ${privilege}`)
}

function isStatusClass(word: string): word is TaskStatusClass {
  return word === 'ok' || word === 'error' || word === 'warning' || word === 'unknown'
}

/** Leaves out what is undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
