// Native esbuild is twelve times as fast, but an optional dependency: without it (`npm ci --omit=optional`) its WebAssembly build does.
const native = await import('esbuild')

export const { build } = (await works(native)) ? native : await import('esbuild-wasm')

async function works({ transform }) {
  try {
    await transform('')
    return true
  } catch {
    return false
  }
}
