// Makes valkey-server and valkey-sentinel available, for tests and demos; says what it does; may be run again.
import { spawnSync } from 'node:child_process'
import { aptInstall, aptObstacle, disableServices } from './support/apt.mjs'
import { isMain } from './support/is-main.mjs'
import { which } from './support/path.mjs'

/**
 * Finds the servers or installs them.
 * @returns `{ name: 'valkey' | 'redis', version }`; undefined, after saying how to get them, when there are none to be had
 */
export function ensureValkey(say = (line) => console.log(`setup: ${line}`)) {
  const present = findServers()
  if (present) {
    say(`${present.name} ${present.version} is here`)
    return present
  }
  say('no valkey-server with valkey-sentinel, and no redis-server with redis-sentinel, on PATH')
  const obstacle = process.platform === 'darwin' ? installWithBrew(say) : installWithApt(say)
  const installed = findServers()
  say(installed ? `${installed.name} ${installed.version} is installed` : advice(obstacle))
  return installed
}

/** Redis beside Valkey, for the long tests; where it cannot be had those say so. */
export function ensureRedis(say = (line) => console.log(`setup: ${line}`)) {
  const redis = ['redis-server', 'redis-sentinel']
  if (findServers(['redis']) || aptObstacle()) return
  aptInstall(redis, redis, say)
  disableServices(redis)
}

function findServers(names = ['valkey', 'redis']) {
  for (const name of names) {
    const server = which(`${name}-server`)
    if (!server || !which(`${name}-sentinel`)) continue
    const { stdout } = spawnSync(server, ['--version'], { encoding: 'utf8' })
    return { name, version: /v=(\S+)/.exec(stdout)?.[1] ?? '(version unknown)' }
  }
}

/** @returns what stands in the way; undefined when nothing does */
function installWithApt(say) {
  const obstacle = aptObstacle()
  if (obstacle) return obstacle
  const valkey = ['valkey-server', 'valkey-sentinel']
  const redis = ['redis-server', 'redis-sentinel']
  if (!aptInstall(valkey, redis, say)) return 'apt-get could not install valkey-server or redis-server'
  disableServices([...valkey, ...redis])
}

function installWithBrew(say) {
  if (!which('brew')) return 'there is no brew here'
  say('installing valkey (brew install)')
  if (spawnSync('brew', ['install', 'valkey'], { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
    return 'brew could not install valkey'
}

function advice(obstacle) {
  const outside = which('valkey-server', usualFolders) ?? which('redis-server', usualFolders)
  return [
    `no server: ${obstacle ?? (outside ? `${outside} is installed, but its folder is not on PATH` : 'not found on PATH')}`,
    '  Valkey 8 (or Redis 7) is needed, the server and the sentinel, both on PATH. Ways to get them:',
    '  Debian 12, Ubuntu: enable <codename>-backports, then apt-get install valkey-server valkey-sentinel',
    '                     (or, from the release itself: apt-get install redis-server redis-sentinel)',
    '  macOS:             brew install valkey',
    '  From source:       make && make install in the Valkey source tree; both programs land in /usr/local/bin',
    '  Docker:            run this in a container of the image node:20 (it is Debian, where this script can install)',
  ].join('\n')
}

const usualFolders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']

if (isMain(import.meta)) process.exitCode = ensureValkey() ? 0 : 2
