export { type Clock, systemClock } from './lib/clock.js'
export { CmuxError, type ErrorCode, type FailedTask, isCmuxError } from './lib/errors.js'
export { type CloneOutcome, type CloneRequest, cloneInstance } from './lib/instance/clone.js'
export { type DeleteOptions, type DeleteOutcome, deleteInstance } from './lib/instance/delete.js'
export { type InstanceFilter, listInstances } from './lib/instance/list.js'
export { type PowerOutcome, restartInstance, startInstance, stopInstance } from './lib/instance/power.js'
export { type ResizeOutcome, type ResizeRequest, resizeInstance } from './lib/instance/resize.js'
export type { Patience, ServiceContext } from './lib/instance/service-context.js'
export { rollbackInstance, type SnapshotOutcome, snapshotInstance } from './lib/instance/snapshot.js'
export { type InstanceStatus, instanceStatus } from './lib/instance/status.js'
export { type WaitGoal, type WaitOutcome, waitForInstance } from './lib/instance/wait.js'
export {
  type AllocateOptions,
  type CallOptions,
  createPoolClient,
  PoolClient,
  type PoolClientOptions,
} from './lib/pool/client.js'
export type * from './lib/pool/pool.js'
export type { PoolState, Tier } from './lib/pool/record.js'
export * from './lib/pve/client.js'
export { type LoadOptions, loadSettings } from './lib/settings/load.js'
export { requireApi, requireSsh } from './lib/settings/require.js'
export type { ApiSettings, Settings, SshSettings } from './lib/settings/settings.js'
export { type ConvertOutcome, convertToTemplate } from './lib/template/convert.js'
export { type CreateOutcome, type CreateRequest, createTemplateContainer } from './lib/template/create.js'
export { deleteTemplate } from './lib/template/delete.js'
export { type TemplateInfo, templateInfo } from './lib/template/info.js'
export { type ReplicateOutcome, type ReplicateRequest, replicateTemplate } from './lib/template/replicate.js'
