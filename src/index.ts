export { type Clock, systemClock } from './lib/clock.js'
export {
  type CheckpointOutcome,
  type CheckpointRequest,
  type CheckpointTimes,
  checkpointInstance,
} from './lib/criu/checkpoint.js'
export type { CriuContext } from './lib/criu/criu-context.js'
export { type InspectOutcome, inspectCheckpoint } from './lib/criu/inspect.js'
export { type CheckpointState, type ListedCheckpoint, listAllCheckpoints } from './lib/criu/list.js'
export { preflight } from './lib/criu/preflight.js'
export type { Blocker, BlockerId, PreflightReport, Remedy } from './lib/criu/preflight-report.js'
export { type RestoreOutcome, type RestoreRequest, restoreInstance } from './lib/criu/restore.js'
export { CmuxError, type ErrorCode, type FailedTask, isCmuxError } from './lib/errors.js'
export { type CloneOutcome, type CloneRequest, cloneInstance } from './lib/instance/clone.js'
export { type DeleteOptions, type DeleteOutcome, deleteInstance } from './lib/instance/delete.js'
export { type InstanceFilter, type ListedInstance, listInstances } from './lib/instance/list.js'
export { type PowerOutcome, restartInstance, startInstance, stopInstance } from './lib/instance/power.js'
export { type ResizeOutcome, type ResizeRequest, resizeInstance } from './lib/instance/resize.js'
export type { Patience, ServiceContext } from './lib/instance/service-context.js'
export {
  deleteSnapshot,
  listSnapshots,
  previewRollback,
  type RollbackPreview,
  rollbackInstance,
  type SnapshotList,
  type SnapshotOutcome,
  snapshotInstance,
} from './lib/instance/snapshot.js'
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
export { type ConnectedProvider, createProxmoxProvider, type ProviderOptions } from './lib/provider/create-provider.js'
export { PauseImpossible } from './lib/provider/pause-impossible.js'
export {
  type Instance,
  type InstanceConfig,
  isPauseImpossible,
  type PauseMode,
  type PauseOptions,
  type ProviderCall,
  type ProviderDefaults,
  type ProxmoxProvider,
  providerOn,
  type StartOptions,
} from './lib/provider/provider.js'
export * from './lib/pve/client.js'
export { type LoadOptions, loadSettings } from './lib/settings/load.js'
export { requireApi, requireSsh } from './lib/settings/require.js'
export type { ApiSettings, Settings, SshSettings } from './lib/settings/settings.js'
export { type ConvertOutcome, convertToTemplate } from './lib/template/convert.js'
export { type CreateOutcome, type CreateRequest, createTemplateContainer } from './lib/template/create.js'
export { deleteTemplate } from './lib/template/delete.js'
export { type TemplateInfo, templateInfo } from './lib/template/info.js'
export { type ReplicateOutcome, type ReplicateRequest, replicateTemplate } from './lib/template/replicate.js'
