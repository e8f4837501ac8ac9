// The application as CommonJS and as an ES module; as it is and made small.
const formats = { commonjs2: 'cjs', module: 'mjs' }

module.exports = ['none', 'production'].flatMap((mode) =>
  Object.entries(formats).map(([type, extension]) => ({
    mode,
    target: 'node20.19',
    entry: './run.mjs',
    experiments: { outputModule: type === 'module' },
    output: { path: `${__dirname}/out`, filename: `webpack-${mode}.${extension}`, library: { type } },
  })),
)
