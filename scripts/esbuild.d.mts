export { build } from 'esbuild'
