/** Every privilege that an ACL can grant, and the roles Proxmox comes with (PVE-FACTS 5). */

const VM_CONFIG = ['CDROM', 'CPU', 'Cloudinit', 'Disk', 'HWType', 'Memory', 'Network', 'Options'].map(
  (part) => `VM.Config.${part}`,
)
const GUEST_AGENT = ['Audit', 'FileRead', 'FileSystemMgmt', 'FileWrite', 'Unrestricted'].map(
  (part) => `VM.GuestAgent.${part}`,
)
const VM_USE = ['VM.Audit', 'VM.Backup', 'VM.Config.CDROM', 'VM.Config.Cloudinit', 'VM.Console', 'VM.PowerMgmt']
const VM_ADMIN = [
  ...new Set([
    ...VM_USE,
    ...VM_CONFIG,
    ...GUEST_AGENT,
    'VM.Allocate',
    'VM.Clone',
    'VM.Migrate',
    'VM.Replicate',
    'VM.Snapshot',
    'VM.Snapshot.Rollback',
  ]),
]
const DATASTORE_USE = ['Datastore.AllocateSpace', 'Datastore.Audit']
const DATASTORE_ADMIN = [...DATASTORE_USE, 'Datastore.Allocate', 'Datastore.AllocateTemplate']
const SDN_ADMIN = ['SDN.Allocate', 'SDN.Audit', 'SDN.Use']
const SYS_ADMIN = ['Sys.Audit', 'Sys.Console', 'Sys.Syslog']
const SYS_ROOT = ['Sys.AccessNetwork', 'Sys.Incoming', 'Sys.Modify', 'Sys.PowerMgmt']
const POOL_ADMIN = ['Pool.Allocate', 'Pool.Audit']
const MAPPING = ['Mapping.Audit', 'Mapping.Modify', 'Mapping.Use']
const ACCOUNTS = ['Group.Allocate', 'Realm.AllocateUser', 'User.Modify']
const ROOT_ACCOUNTS = ['Permissions.Modify', 'Realm.Allocate']

export const PRIVILEGES: readonly string[] = [
  ...VM_ADMIN,
  ...DATASTORE_ADMIN,
  ...SDN_ADMIN,
  ...SYS_ADMIN,
  ...SYS_ROOT,
  ...POOL_ADMIN,
  ...MAPPING,
  ...ACCOUNTS,
  ...ROOT_ACCOUNTS,
].sort()

export const BUILT_IN_ROLES: Readonly<Record<string, readonly string[]>> = {
  Administrator: PRIVILEGES,
  NoAccess: [],
  PVEAdmin: [
    ...VM_ADMIN,
    ...DATASTORE_ADMIN,
    ...SDN_ADMIN,
    ...SYS_ADMIN,
    ...POOL_ADMIN,
    ...MAPPING,
    ...ACCOUNTS,
  ].filter((name) => name !== 'Mapping.Modify'),
  PVEAuditor: PRIVILEGES.filter((name) => name.endsWith('.Audit')),
  PVEDatastoreAdmin: DATASTORE_ADMIN,
  PVEDatastoreUser: DATASTORE_USE,
  PVEMappingAdmin: MAPPING,
  PVEMappingAuditor: ['Mapping.Audit'],
  PVEMappingUser: ['Mapping.Audit', 'Mapping.Use'],
  PVEPoolAdmin: POOL_ADMIN,
  PVEPoolUser: ['Pool.Audit'],
  PVESDNAdmin: SDN_ADMIN,
  PVESDNUser: ['SDN.Audit', 'SDN.Use'],
  PVESysAdmin: [...SYS_ADMIN, 'Sys.AccessNetwork', 'Sys.Incoming', 'Sys.Modify', 'Sys.PowerMgmt'].filter(
    (name) => name === 'Sys.Audit' || name === 'Sys.Console' || name === 'Sys.Syslog',
  ),
  PVETemplateUser: ['VM.Audit', 'VM.Clone'],
  PVEUserAdmin: ACCOUNTS,
  PVEVMAdmin: VM_ADMIN,
  PVEVMUser: [...VM_USE, ...GUEST_AGENT.filter((name) => name.endsWith('.Audit'))],
}
