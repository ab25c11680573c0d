import type { Cluster } from '../cluster.js'
import type { FaultAction } from '../faults.js'
import type { Node } from '../node.js'
import { type AnswerFormat, formatAnswer, proxyFailure } from './answer.js'
import type { ApiAnswer, ApiOutcome } from './request.js'

/** A request as a fault script sees it. */
export interface RequestPoint {
  readonly method: string
  /** Below `/api2/json`. */
  readonly path: string
  readonly node: Node
  readonly pathParameters: Readonly<Record<string, string>>
}

/**
 * Answers a request with whatever misfortune the fault script orders for it. `596-late` does the work `ms` after its answer, `delay`
 * before it; `lose-quorum` takes the cluster's quorum before it, for `ms` or for good.
 */
export async function underFaults(
  cluster: Cluster,
  point: RequestPoint,
  format: AnswerFormat,
  answer: () => Promise<ApiAnswer>,
): Promise<ApiOutcome> {
  const { method, path, node, pathParameters } = point
  const action = cluster.faults.at(`${method} ${path}`, attributes(node, pathParameters))
  switch (action?.do) {
    case 'drop-before':
      return 'drop'
    case 'drop-answer':
      await answer()
      return 'drop'
    case '596':
      await answer()
      return timedOut()
    case '596-late':
      void cluster.clock.sleep(action.ms ?? 0).then(answer)
      return timedOut()
    case 'fail':
      return failure(action, format)
    case 'delay':
      await cluster.clock.sleep(action.ms ?? 1000)
      return answer()
    case 'kill-worker':
      return killWorker(node, await answer())
    case 'power-cut':
      await answer()
      cluster.powerCut(node, action.writes ?? 0, action.ms ?? 0)
      return 'drop'
    case 'lose-quorum':
      cluster.loseQuorum(action.ms)
      return answer()
    default:
      return answer()
  }
}

const timedOut = () => proxyFailure(596, 'Connection timed out')

function failure({ status = 500, message = 'fault injected' }: FaultAction, format: AnswerFormat): ApiAnswer {
  return formatAnswer(format, { status, data: null, message: `${message}\n` })
}

/** The task that the answer names, if it names one, ends where it is. */
function killWorker(node: Node, answer: ApiAnswer): ApiAnswer {
  const [upid] = /UPID:[^"]+/.exec(answer.body.toString('utf8')) ?? []
  if (upid !== undefined) node.worker(upid)?.kill()
  return answer
}

function attributes(node: Node, { vmid, storage }: Readonly<Record<string, string>>) {
  return {
    node: node.name,
    ...(vmid !== undefined && { vmid: Number(vmid) }),
    ...(storage !== undefined && { storage }),
  }
}
