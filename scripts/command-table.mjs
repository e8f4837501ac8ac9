// Writes src/clients/command-names.ts from the COMMAND of the newest Valkey that we support; set-up unpacks it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setupBuild } from './support/build.mjs'
import { ensureServers } from './setup-servers.mjs'
import { root } from './support/root.mjs'

const file = join(root, 'src/clients/command-names.ts')

if (!(await setupBuild())) process.exit(1)
const { startLab } = await import('../dist/lab/index.js')
const newest = ensureServers().at(-1)
if (newest === undefined) throw new Error('The newest Valkey cannot be had here; see above.')
const [server, sentinel] = ['valkey-server', 'valkey-sentinel'].map((program) => join(newest.path, program))
const lab = await startLab({ binaries: { server, sentinel } })
try {
  const valkey = await lab.server()
  const [, version] = /^valkey_version:(\S+)/m.exec(await valkey.command('INFO', 'server')) ?? []
  const commands = (await valkey.command('COMMAND')).flatMap(withSubcommands)
  writeFileSync(file, render(version, commands))
  console.log(`command-table: ${commands.length} commands of Valkey ${version}`)
} finally {
  await lab.stop()
}

/** Its name and flags, and those of its subcommands: `object|encoding`. */
function withSubcommands([name, , flags, , , , , , , subcommands = []]) {
  return [{ name, flags: new Set(flags) }, ...[...subcommands].flatMap(withSubcommands)]
}

function render(version, commands) {
  const reads = commands.filter(({ flags }) => flags.has('readonly'))
  const writes = commands.filter(({ flags }) => flags.has('write'))
  return `// Written by scripts/command-table.mjs from the COMMAND of Valkey ${version}; change the script, not this.

/** Flagged readonly. */
export const readNames: string = ${text(reads)}

/** Flagged write. */
export const writeNames: string = ${text(writes)}

/** Flagged blocking. */
export const blockingNames: string = ${text(commands.filter(({ flags }) => flags.has('blocking')))}
`
}

/** Names in order, in lines that fit a screen. */
function text(commands) {
  const names = commands.map(({ name }) => name).sort()
  const lines = ['']
  for (const name of names) {
    if (lines.at(-1).length + name.length > 110) lines.push('')
    lines[lines.length - 1] += `${name} `
  }
  return `\`\n  ${lines.map((line) => line.trimEnd()).join('\n  ')}\``
}
