/** A page without anything from elsewhere. Its script builds text nodes only, so that no name of a container becomes markup. */
export interface Page {
  readonly title: string
  readonly body: string
  readonly script: string
  readonly style: string
}

export const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884 }
td.n { text-align: right; font-variant-numeric: tabular-nums }
code, pre { font-family: ui-monospace, monospace; font-size: .9em }
pre { overflow: auto; background: #8881; padding: .5rem }
.alarm { color: #c33 }
`
/** Asks with the token typed in, if any: it is kept for this tab only. */
export const FETCH = `
const token = document.querySelector('#token')
token.value = sessionStorage.getItem('token') ?? ''
const make = (name, text, properties = {}) => Object.assign(document.createElement(name), { textContent: text ?? '' }, properties)
async function ask(path) {
  const headers = token.value ? { authorization: 'Bearer ' + token.value } : {}
  const response = await fetch(path, { headers, cache: 'no-store' })
  token.hidden = token.hidden && response.status !== 401
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.detail)
  return answer
}
`
export const TOKEN_FIELD =
  '<input id="token" type="password" placeholder="token" autocomplete="off" aria-label="token" hidden>'
