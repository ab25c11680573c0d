// Native esbuild is twelve times as fast, but an optional dependency: without it (`npm ci --omit=optional`) its WebAssembly build does.
const native = await import('esbuild')

export const build = await native.transform('').then(
  () => native.build,
  async () => (await import('esbuild-wasm')).build,
)
