import type { Cluster } from '../cluster.js'
import type { Node } from '../node.js'
import { validate } from '../schema/validate.js'
import { addressedNode, unknownNode, withPathParameters } from './addressing.js'
import {
  ANSWER_FORMATS,
  type AnswerFormat,
  type CallResult,
  errorResult,
  formatAnswer,
  proxyFailure,
  refusalAnswer,
} from './answer.js'
import { ApiError, permissionError } from './api-error.js'
import { type ApiUrl, splitApiUrl } from './api-url.js'
import { authenticate, type Caller } from './authentication.js'
import { checkBody } from './body-limits.js'
import type { CallContext, Identity } from './call-context.js'
import { type CliContext, callContext } from './call-environment.js'
import type { HttpMethod, Parameters } from './method.js'
import { apiMethods } from './methods.js'
import { checkPermission } from './permissions.js'
import { Refusal } from './refusal.js'
import { createRegistry, type FoundMethod, type Registry } from './registry.js'
import { remembering } from './remembering.js'
import type { ApiAnswer, ApiOutcome, ApiRequest, RequestHead } from './request.js'
import { underFaults } from './request-faults.js'
import { type RawParameters, requestParameters } from './request-parameters.js'
import { Tickets } from './ticket.js'

export type { CliContext }

export interface ApiRouterOptions {
  /** SHA-256 of the certificate that clients see, for the list of nodes. */
  readonly fingerprint?: string
  /** The nodes' addresses, in their order, for the members of the cluster. */
  readonly addresses?: readonly string[]
}

/** A request that has passed authentication: its body may be read. */
export interface AdmittedRequest {
  readonly head: RequestHead
  readonly url: ApiUrl
  readonly caller: Caller
}

const ROOT: Identity = { id: 'root@pam', user: 'root@pam' }
const FAILED_LOGIN_MS = 3000
const NO_BODY = Buffer.alloc(0)
const MOST_VALID = 1_000

/** What a transport needs of the router. */
export type RequestHandler = Pick<ApiRouter, 'admit' | 'perform'>

/** Answers API requests: authentication, look-up, permissions, node, daemon, validation, method (PVE-FACTS 1.4). */
export class ApiRouter {
  readonly registry: Registry
  readonly #split = remembering(splitApiUrl)
  readonly #query = remembering((query) => requestParameters('GET', query, undefined, NO_BODY))
  /** Validated parameters of reads, by their URLs. */
  readonly #valid = new Map<string, Parameters>()
  readonly #cluster: Cluster
  readonly #tickets: Tickets

  constructor(cluster: Cluster, options: ApiRouterOptions = {}) {
    this.#cluster = cluster
    this.#tickets = new Tickets(cluster.random.hex(64), () => cluster.clock.now())
    const { fingerprint, addresses = [] } = options
    this.registry = createRegistry(apiMethods({ tickets: this.#tickets, fingerprint, addresses }))
  }

  /** One request over HTTP. Never rejects. */
  async call(request: ApiRequest): Promise<ApiOutcome> {
    const headers = { ...request.headers, 'content-length': String(request.body.length) }
    const admitted = await this.admit({ ...request, headers })
    return 'status' in admitted ? admitted : this.perform(admitted, request.body)
  }

  /** Looks at a request before its body is read: who calls, and whether the body will do. An answer turns it away. */
  async admit(head: RequestHead): Promise<AdmittedRequest | ApiAnswer> {
    try {
      const url = this.#split(head.url)
      const { access, version } = this.#cluster
      const credentials = { access, tickets: this.#tickets, hidesCause: version.hidesAuthenticationCause }
      const caller = authenticate({ ...head, path: url.path }, credentials)
      checkBody(head)
      return { head, url, caller }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.status === 401) await this.#cluster.clock.sleep(FAILED_LOGIN_MS)
      return refusalAnswer(error)
    }
  }

  /** The rest of an admitted request. Never rejects. */
  async perform({ head, url, caller }: AdmittedRequest, body: Buffer): Promise<ApiOutcome> {
    if (!this.#entry.online) return 'drop'
    const { method, headers } = head
    const { format, path } = url
    if (!isAnswerFormat(format)) return refusalAnswer(new Refusal(501, `no formatter for uri ${path}, ${format}`))
    try {
      const parameters =
        method === 'GET' ? this.#query(url.query) : requestParameters(method, url.query, headers['content-type'], body)
      const found = this.registry.find(method, path)
      const node = this.#cluster.nodes.get(found?.pathParameters['node'] ?? '') ?? this.#entry
      const point = { method, path, node, pathParameters: found?.pathParameters ?? {} }
      return await underFaults(this.#cluster, point, format, () =>
        this.#answer({ method, path, found, parameters, caller, format, ...(method === 'GET' && { read: head.url }) }),
      )
    } catch (error) {
      if (error instanceof Refusal) return refusalAnswer(error)
      throw error
    }
  }

  /**
   * A call of a tool on the node, as root@pam and with its workers in the foreground. Answers the method's data.
   * `parameters` are texts as typed; path parameters come from `path`. Rejects with the ApiError of the method or worker.
   */
  async invoke(
    node: string,
    method: HttpMethod,
    path: string,
    parameters: RawParameters,
    cli: CliContext,
  ): Promise<unknown> {
    const found = this.registry.find(method, path) ?? notImplemented(method, path)
    const here = this.#cluster.nodes.get(node) ?? unknownNode(node)
    const all = withPathParameters(parameters, found.pathParameters)
    const target = found.apiMethod.onNode === true ? addressedNode(this.#cluster, all['node'], here) : here
    const context = callContext({ cluster: this.#cluster, node: target, identity: ROOT, cli })
    return found.apiMethod.handler(validate(found.apiMethod.parameters, all, { cli: true }), context)
  }

  get #entry(): Node {
    const [first] = this.#cluster.nodes.values()
    if (first === undefined) throw new Error('a cluster needs a node')
    return first
  }

  async #answer(request: {
    readonly method: HttpMethod
    readonly path: string
    readonly found: FoundMethod | undefined
    readonly parameters: RawParameters
    readonly caller: Caller
    readonly format: AnswerFormat
    /** The whole target of a request that has no other parameters. */
    readonly read?: string
  }): Promise<ApiAnswer> {
    const { method, path, found, format } = request
    const began = this.#cluster.clock.now()
    if (found === undefined) {
      const message = `Method '${method} ${path}' not implemented`
      return formatAnswer(format, { status: 501, data: null, message })
    }
    let proxied = false
    try {
      const all = this.#checked(found, request.parameters, request.caller)
      const node =
        found.apiMethod.onNode === true ? addressedNode(this.#cluster, all['node'], this.#entry) : this.#entry
      proxied = found.apiMethod.protected === true || node !== this.#entry
      const run = () => this.#run(found, this.#validated(found, all, request.read), node, request.caller.identity)
      const result = found.apiMethod.protected === true ? await node.protectedCall(run) : await run()
      return { ...formatAnswer(format, result), proxied }
    } catch (error) {
      const failure = error instanceof ApiError ? error : new ApiError(500, errorText(error))
      if (isProxyStatus(failure.status)) return proxyFailure(failure.status, failure.message)
      if (failure.status === 401) await this.#cluster.clock.sleep(began + FAILED_LOGIN_MS - this.#cluster.clock.now())
      return { ...formatAnswer(format, errorResult(failure)), proxied }
    }
  }

  /** Steps 2 to 4 of PVE-FACTS 1.4. Answers all parameters, not validated yet. */
  #checked({ apiMethod, pathParameters }: FoundMethod, parameters: RawParameters, caller: Caller): RawParameters {
    const all = withPathParameters(parameters, pathParameters)
    if (apiMethod.refusesTokens === true && caller.sentToken)
      throw permissionError(`URI '${apiMethod.path}' not available with API token, need proper ticket.\n`)
    checkPermission(apiMethod.permissions, all, this.#cluster.access, caller.identity)
    return all
  }

  /** Step 5. The same read was valid before. */
  #validated({ apiMethod }: FoundMethod, parameters: RawParameters, read: string | undefined): Parameters {
    if (read === undefined) return validate(apiMethod.parameters, parameters)
    const known = this.#valid.get(read)
    if (known !== undefined) return known
    const valid = validate(apiMethod.parameters, parameters)
    if (this.#valid.size >= MOST_VALID) this.#valid.clear()
    this.#valid.set(read, valid)
    return valid
  }

  async #run({ apiMethod }: FoundMethod, parameters: Parameters, node: Node, identity: Identity): Promise<CallResult> {
    const attributes: Partial<Record<'total' | 'changes', unknown>> = {}
    const context: CallContext = callContext({ cluster: this.#cluster, node, identity, attributes })
    const data = await apiMethod.handler(parameters, context)
    return { status: 200, data, ...attributes }
  }
}

function notImplemented(method: HttpMethod, path: string): never {
  throw new ApiError(501, `Method '${method} ${path}' not implemented`)
}

/** AnyEvent's own codes, which the proxy between the daemons passes on. */
const isProxyStatus = (status: number) => status >= 595 && status <= 599

function isAnswerFormat(format: string): format is AnswerFormat {
  return ANSWER_FORMATS.includes(format)
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
