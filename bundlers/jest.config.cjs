// The application as babel-jest and ts-jest take it, each as it comes.
const babel = ['babel-jest', { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] }]
const typescript = [
  'ts-jest',
  { tsconfig: { module: 'node20', esModuleInterop: true, target: 'es2023', types: ['jest'], skipLibCheck: true } },
]

module.exports = {
  projects: [
    { displayName: 'babel-jest', testMatch: ['**/*.test.js'], transform: { '\\.m?js$': babel } },
    { displayName: 'ts-jest', testMatch: ['**/*.test.ts'], transform: { '\\.ts$': typescript } },
  ],
}
