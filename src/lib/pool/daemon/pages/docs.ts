import { FETCH, type Page, STYLE, TOKEN_FIELD } from './page.js'

/** Shows /openapi.json as text. */
export const DOCS_PAGE: Page = {
  title: 'cmux-pve pool: API',
  style: STYLE,
  body: `<h1>API of the pool</h1>${TOKEN_FIELD}<p id="about"></p><p><a href="openapi.json">openapi.json</a> · <a href=".">status</a></p><main></main>`,
  script: `${FETCH}
const main = document.querySelector('main')
const description = await ask('openapi.json')
document.querySelector('#about').textContent = description.info.description
const typeOf = (schema) => schema.const !== undefined ? JSON.stringify(schema.const)
  : schema.enum ? schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  : schema.anyOf ? schema.anyOf.map(typeOf).join(' | ')
  : schema.type === 'array' ? typeOf(schema.items) + '[]'
  : schema.type ?? 'anything'
function fields(name, schema, required) {
  const line = make('li')
  line.append(make('code', name), ' ' + typeOf(schema) + (required ? ', required' : '') + (schema.description ? ': ' + schema.description : ''))
  const inner = schema.properties ?? schema.items?.properties ?? schema.additionalProperties?.properties
  if (inner) line.append(list(Object.entries(inner).map(([key, value]) => fields(key, value, schema.required?.includes(key)))))
  return line
}
function list(items) {
  const element = make('ul')
  element.append(...items)
  return element
}
for (const { name, description: about } of description.tags) {
  main.append(make('h2', name), make('p', about))
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!operation.tags?.includes(name)) continue
      const block = make('details')
      const title = make('summary')
      title.append(make('code', method.toUpperCase() + ' ' + path), ' ' + operation.summary)
      block.append(title)
      if (operation.description) block.append(make('p', operation.description))
      const body = operation.requestBody?.content['application/json']?.schema
      const given = (operation.parameters ?? []).map((one) => fields(one.name, { description: one.description, ...one.schema }, one.required))
      for (const [key, value] of Object.entries(body?.properties ?? {})) given.push(fields(key, value, body.required?.includes(key)))
      if (given.length > 0) block.append(make('h4', 'Request'), list(given))
      const answer = operation.responses[200]?.content?.['application/json']?.schema
      if (answer?.properties) block.append(make('h4', 'Answer'), list(Object.entries(answer.properties).map(([key, value]) => fields(key, value))))
      main.append(block)
    }
  }
}
`,
}
