import type { Api } from './api.js'
import { startsTask } from './effect-task.js'
import { apiPath } from './encoding.js'
import { listOf, object, type Reader, text } from './reader.js'
import { upidText } from './task-data.js'
import { syntheticUpid, type Upid } from './upid.js'

/** An OS template that Proxmox offers for download. */
export interface Appliance {
  /** Its file name, which `download` takes. */
  readonly template: string
  readonly package: string
  readonly version: string
  /** `system`, `mail` or `turnkeylinux`. */
  readonly section: string
  readonly os: string
  readonly architecture: string
  readonly headline: string
}

/** The list of appliances that a node knows (PVE-FACTS 5). */
export class Appliances {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  available(node: string): Promise<readonly Appliance[]> {
    return this.#api.get(apiPath`/nodes/${node}/aplinfo`, listOf(appliance))
  }

  /** Starts the download to a storage whose content includes `vztmpl`. */
  download(node: string, storage: string, template: string): Promise<Upid> {
    return this.#api.change({
      method: 'POST',
      path: apiPath`/nodes/${node}/aplinfo`,
      parameters: { storage, template },
      read: upidText,
      planned: syntheticUpid(node, 'download', template),
      effect: startsTask(this.#api, { node, types: ['download'], id: template }, { repeatable: false }),
    })
  }
}

const appliance: Reader<Appliance> = object((fields) => ({
  template: fields.get('template', text),
  package: fields.get('package', text),
  version: fields.maybe('version', text) ?? '',
  section: fields.maybe('section', text) ?? '',
  os: fields.maybe('os', text) ?? '',
  architecture: fields.maybe('architecture', text) ?? '',
  headline: fields.maybe('headline', text) ?? '',
}))
