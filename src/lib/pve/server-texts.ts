import type { ErrorCode } from '../errors.js'

/** What a text of Proxmox means to us. `hint` may use the groups of the pattern as `$1`. */
export interface ServerText {
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly hint?: string
}

/** A lock word -> what it means and what to do (PVE-FACTS 3.11 and 9). */
export const LOCK_HINTS: Readonly<Record<string, string>> = {
  create:
    'It is being created or is the target of a clone. If no such task runs any more, its worker was killed: run `pct unlock $vmid` on the node, then delete it.',
  disk: 'It is being cloned, or a volume is moved: wait and try again. If no such task runs any more, its worker was killed: run `pct unlock $vmid` on the node.',
  backup: 'A backup runs: wait for it. If none runs any more: run `pct unlock $vmid` on the node.',
  migrate: 'It is being migrated: wait for it. If no migration runs any more: run `pct unlock $vmid` on the node.',
  snapshot:
    'A snapshot is being taken: wait for it. If no such task runs any more: run `pct unlock $vmid` on the node.',
  'snapshot-delete':
    'A snapshot is being deleted, or its deletion failed: see the task log, run `pct unlock $vmid` on the node, then delete the snapshot again with force.',
  rollback:
    'A rollback runs or failed half-way: see the task log, run `pct unlock $vmid` on the node, then roll back again.',
  mounted: 'It is mounted on the node: run `pct unmount $vmid` there.',
  fstrim: 'A trim runs: wait for it. If none runs any more: run `pct unlock $vmid` on the node.',
  destroyed: 'Its volumes are deleted already: delete it again, after `pct unlock $vmid` on the node if no task runs.',
}

const WAIT = 'Another operation holds it: wait for that to end, then try again.'
const FREE_SPACE = 'Free some space on the storage or choose another one (--storage, PVE_STORAGE).'
const OTHER_STORAGE = 'Use a storage that can: lvmthin, zfspool, btrfs or rbd.'

/** Without a quorum /etc/pve is read-only: some calls check that first, the others fail to write (PVE-FACTS 3.2, 6.2). */
export const NO_QUORUM =
  /no quorum|unable to open file '\/etc\/pve\/[^']*' - Permission denied|failed to remove config file: Permission denied/

/**
 * What Proxmox says, in its own words, in the order of the questions we ask. The same texts end up as reason phrases, as
 * messages of error answers and as exit statuses of tasks, so they are searched in, not compared with.
 */
export const SERVER_TEXTS: readonly ServerText[] = [
  // A full storage: dir and nfs, ZFS, thin pool, volume group, Ceph, quota. First, as it hides inside other failures.
  {
    pattern:
      /no space left on device|out of space|thin pool .*(?:reached threshold|out of (?:data|meta))|insufficient (?:free|suitable) .*(?:space|extents)|not enough (?:free )?space|free space in thin pool|quota exceeded|(?:cluster|pool) (?:is )?full/i,
    code: 'storage-full',
    hint: FREE_SPACE,
  },
  // PVE-FACTS 3, 3.3, 3.11
  { pattern: /\b(?:CT|VM) is locked \(([\w-]+)\)/, code: 'locked' },
  { pattern: /can't lock file '[^']*' - got timeout/, code: 'locked', hint: WAIT },
  { pattern: /cfs-lock '[^']*' error: got lock request timeout/, code: 'locked', hint: WAIT },
  { pattern: /found lock '[\w-]+' trying to remove/, code: 'locked' },
  // PVE-FACTS 3.5
  {
    pattern: /detected modified configuration/,
    code: 'changed',
    hint: 'Somebody else changed the configuration in between: read it again and decide anew.',
  },
  // PVE-FACTS 3.2, 3.3, 3.8, 5
  {
    pattern: /\b(?:CT|VM) \d+ already exists/,
    code: 'exists',
    hint: 'Choose another VMID, or leave it out to get a free one.',
  },
  {
    pattern: /snapshot name '[^']*' already used/,
    code: 'exists',
    hint: 'Choose another name, or delete that snapshot first.',
  },
  {
    pattern: /base volume '[^']*' is still in use by linked clones/,
    code: 'in-use',
    hint: 'Delete its linked clones first, or keep the template.',
  },
  {
    pattern: /used in HA resources|There is a replication job/,
    code: 'in-use',
    hint: 'Remove it from high availability or replication first, or delete with --purge.',
  },
  // PVE-FACTS 3, 1.5, 3.2, 3.8, 6.2
  {
    pattern: /Configuration file '[^']*' does not exist/,
    code: 'not-found',
    hint: 'It was deleted or has moved to another node: `cmux-pve instance list` shows what there is.',
  },
  {
    pattern: /snapshot '[^']*' does not exist/,
    code: 'not-found',
    hint: 'List the snapshots that it has, names are case-sensitive.',
  },
  {
    pattern: /hostname lookup '[^']*' failed|no such cluster node '[^']*'|address lookup for '[^']*' did not find/,
    code: 'not-found',
    hint: 'There is no such node: `cmux-pve test-connection` shows the nodes (--node, PVE_NODE).',
  },
  {
    pattern: /storage '[^']*' does not exist|No such storage/,
    code: 'not-found',
    hint: '`cmux-pve test-connection` shows the storages (--storage, PVE_STORAGE).',
  },
  {
    pattern: /storage '[^']*' is (?:disabled|not available on node)/,
    code: 'not-found',
    hint: 'Choose a storage of that node (--storage, PVE_STORAGE).',
  },
  {
    pattern: /volume '[^']*' does not exist|no such template/,
    code: 'not-found',
    hint: '`cmux-pve template list` shows the OS templates that are there and those that can be downloaded.',
  },
  { pattern: /pool '[^']*' does not exist/, code: 'not-found' },
  { pattern: /no such task/, code: 'not-found', hint: 'The task list of that node no longer, or never, had it.' },
  { pattern: /unable to open file - No such file/, code: 'not-found' },
  // PVE-FACTS 6.1
  {
    pattern: /Linked clone feature for '[^']*' is not available/,
    code: 'unsupported',
    hint: `The storage cannot make linked clones: ask for a full one (--full). ${OTHER_STORAGE}`,
  },
  {
    pattern: /snapshot feature is not available|can't rollback snapshot this image format/,
    code: 'unsupported',
    hint: OTHER_STORAGE,
  },
  { pattern: /Template feature is not available/, code: 'unsupported', hint: OTHER_STORAGE },
  {
    pattern: /does not (?:support container directories|allow content type 'rootdir')/,
    code: 'unsupported',
    hint: 'Choose a storage whose content includes `rootdir` (--storage, PVE_STORAGE).',
  },
  {
    pattern: /does not support templates/,
    code: 'unsupported',
    hint: 'Choose a storage whose content includes `vztmpl`.',
  },
  {
    pattern: /lxc live migration is currently not implemented/,
    code: 'unsupported',
    hint: 'Stop the container first.',
  },
  {
    pattern: /Method '[^']*' not implemented/,
    code: 'unsupported',
    hint: 'This server does not know the call: is it a Proxmox VE of a supported version?',
  },
  // PVE-FACTS 3.4, 3.6, 3.7, 3.8
  { pattern: /\b(?:CT|VM) \d+ already running/, code: 'conflict', hint: 'It runs already.' },
  { pattern: /\b(?:CT|VM) \d+ not running/, code: 'conflict', hint: 'It is stopped already, or was never there.' },
  {
    pattern: /is not most recent snapshot/,
    code: 'conflict',
    hint: 'ZFS rolls back to the newest snapshot only: delete the newer ones first.',
  },
  {
    pattern: /incomplete snapshot/,
    code: 'conflict',
    hint: 'That snapshot was never finished: delete it with --force.',
  },
  {
    pattern: /protection mode enabled/,
    code: 'conflict',
    hint: 'Its configuration protects it: set `protection` to 0 first.',
  },
  { pattern: /CT contains snapshots/, code: 'conflict', hint: 'Delete its snapshots first.' },
  {
    pattern:
      /if the CT is running|container is running|of a running container is only possible from a snapshot|volumes of a running container/,
    code: 'conflict',
    hint: 'Stop it first (delete: --force).',
  },
  {
    pattern: /convert a template to a template|if it's a template|if vm is a template/,
    code: 'conflict',
    hint: 'It is a template: clone it and use the clone.',
  },
  { pattern: /target is local node/, code: 'conflict', hint: 'It is on that node already.' },
  // PVE-FACTS 3.2, 6.2
  { pattern: NO_QUORUM, code: 'unavailable', hint: 'The cluster has no quorum: see `pvecm status` on the node.' },
]
