import { FETCH, type Page, STYLE, TOKEN_FIELD } from './page.js'

/** How many there are, told anew every two seconds. */
export const STATUS_PAGE: Page = {
  title: 'cmux-pve pool',
  style: STYLE,
  body: `<h1>Pool</h1>${TOKEN_FIELD}<p id="state"></p><ul id="alarms"></ul>
<table><thead><tr id="head"></tr></thead><tbody id="templates"></tbody></table>
<h2>Containers</h2><table><thead><tr id="names"></tr></thead><tbody id="containers"></tbody></table>
<p><a href="docs">API</a></p>`,
  script: `${FETCH}
const COLUMNS = ['template_vmid', 'ready_count', 'hot_count', 'allocated_count', 'filling_count', 'releasing_count', 'quarantined_count', 'target_size', 'max_size', 'breaker']
const NAMES = ['vmid', 'hostname', 'state', 'created_at', 'allocated_to']
const MOST = 500
const row = (one, names) => {
  const line = make('tr')
  line.append(...names.map((name) => make('td', String(one[name] ?? ''), { className: typeof one[name] === 'number' ? 'n' : '' })))
  return line
}
const byId = (id) => document.getElementById(id)
byId('head').append(...COLUMNS.map((name) => make('th', name.replace(/_(count|size|vmid)$/, ''))))
byId('names').append(...NAMES.map((name) => make('th', name.replaceAll('_', ' '))))
async function show() {
  try {
    const status = await ask('status')
    const templates = Object.values(status.templates)
    const all = templates.flatMap((template) => template.containers)
    const { mode, clone_queue_length: waiting, cluster } = status
    byId('state').textContent = mode + ', ' + waiting + ' waiting' + (cluster.reachable ? '' : ', Proxmox cannot be reached') + (cluster.quorate ? '' : ', no quorum') + (cluster.refuses ? ', Proxmox refuses what the pool asks of it' : '')
    byId('alarms').replaceChildren(...status.alarms.map((alarm) => make('li', alarm.message + (alarm.remedy ? ' (' + alarm.remedy + ')' : ''), { className: 'alarm' })))
    byId('templates').replaceChildren(...templates.map((one) => row(one, COLUMNS)))
    byId('containers').replaceChildren(...all.slice(0, MOST).map((one) => row(one, NAMES)))
  } catch (error) {
    byId('state').textContent = error.message
  }
}
token.addEventListener('change', () => { sessionStorage.setItem('token', token.value); show() })
for (;;) {
  if (!document.hidden) await show()
  await new Promise((resolve) => setTimeout(resolve, 2000))
}
`,
}
