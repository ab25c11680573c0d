import type { Appliance } from '../pve/client.js'
import type { TemplateList } from '../template/list.js'
import type { Column } from './output.js'
import { formatBytes } from './size.js'

export const OS_TEMPLATE_COLUMNS: readonly Column<TemplateList['osTemplates'][number]>[] = [
  { header: 'OS TEMPLATE', value: ({ volid }) => volid },
  { header: 'NODE', value: ({ node }) => node },
  { header: 'SIZE', value: ({ size }) => formatBytes(size), align: 'right' },
]

export const APPLIANCE_COLUMNS: readonly Column<Appliance>[] = [
  { header: 'FOR DOWNLOAD', value: ({ template }) => template },
  { header: 'SECTION', value: ({ section }) => section },
  { header: 'ABOUT', value: ({ headline }) => headline },
]
