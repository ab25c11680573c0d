/** What containers can do on a storage. */
export interface StorageCapabilities {
  /** Can hold containers: its type can, and its content includes `rootdir`. */
  readonly containers: boolean
  /** Can hold OS templates: its content includes `vztmpl`. */
  readonly osTemplates: boolean
  readonly snapshots: boolean
  /** To which snapshots a rollback is possible. */
  readonly rollback: 'any' | 'newest' | 'none'
  /** Whether a container on it can become a template. */
  readonly templates: boolean
  /** Linked clones of a template. */
  readonly linkedClones: boolean
  /** Whether Proxmox refuses to delete a template under its linked clones. */
  readonly protectsBase: boolean
}

type TypeCapabilities = Omit<StorageCapabilities, 'containers' | 'osTemplates'>

const PLAIN: TypeCapabilities = {
  snapshots: false,
  rollback: 'none',
  templates: true,
  linkedClones: false,
  protectsBase: false,
}

/** By storage type, for the raw volumes and subvolumes of containers (PVE-FACTS 6.1, 6.2). Other types hold no containers. */
const CAPABILITIES: Readonly<Record<string, TypeCapabilities>> = {
  lvmthin: { snapshots: true, rollback: 'any', templates: true, linkedClones: true, protectsBase: false },
  zfspool: { snapshots: true, rollback: 'newest', templates: true, linkedClones: true, protectsBase: true },
  rbd: { snapshots: true, rollback: 'any', templates: true, linkedClones: true, protectsBase: true },
  btrfs: { snapshots: true, rollback: 'any', templates: true, linkedClones: true, protectsBase: false },
  dir: PLAIN,
  nfs: PLAIN,
  cifs: PLAIN,
  lvm: { ...PLAIN, templates: false },
}

const NO_CONTAINERS: TypeCapabilities = { ...PLAIN, templates: false }

/** What containers can do on a storage of this type with this content. Pure. */
export function storageCapabilities(storage: {
  readonly type: string
  readonly content: readonly string[]
}): StorageCapabilities {
  const ofType = Object.hasOwn(CAPABILITIES, storage.type) ? CAPABILITIES[storage.type] : undefined
  const containers = ofType !== undefined && storage.content.includes('rootdir')
  return {
    containers,
    osTemplates: storage.content.includes('vztmpl'),
    ...(containers ? ofType : NO_CONTAINERS),
  }
}
