// The application as CommonJS and as an ES module.
import { nodeResolve } from '@rollup/plugin-node-resolve'

export default {
  input: 'run.mjs',
  external: /^node:/,
  plugins: [nodeResolve()],
  output: [
    { file: 'out/rollup.cjs', format: 'cjs', inlineDynamicImports: true },
    { file: 'out/rollup.mjs', format: 'es', inlineDynamicImports: true },
  ],
}
