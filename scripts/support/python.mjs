import { spawnSync } from 'node:child_process'

/** The system's Python: packages of the system belong to it, whatever Python comes first on PATH. */
export const systemPython = '/usr/bin/python3'

/** The Python of the tests; `npm run test:full` names one that has django-valkey. */
export const python = process.env.VALKEY_CACHE_PYTHON ?? systemPython

/** Nothing of the user's own gets in, and nothing is written beside the sources. */
export const pythonFlags = ['-E', '-s', '-B']

/** What the tests with Python import, by the package that brings it. */
const modules = {
  'python3-redis': 'redis',
  'python3-django': 'django',
  'python3-django-redis': 'django_redis',
  'python3-msgpack': 'msgpack',
  'python3-lz4': 'lz4',
  'python3-brotli': 'brotli',
  'python3-zstandard': 'zstandard',
}

/** The packages that Python does not find; all of them where there is no Python. */
export function missingPythonPackages() {
  const found = run('import importlib.util, sys\nfor m in sys.argv[1:]: print(bool(importlib.util.find_spec(m)))')
  return Object.keys(modules).filter((_, index) => found[index] !== 'True')
}

/** The versions of Python, Django and django-redis, as a line to show. */
export function pythonVersions() {
  const versions = run(
    'import django, django_redis, platform\nfor v in (platform.python_version(), django.__version__, django_redis.__version__): print(v)',
  )
  return ['Python', 'Django', 'django-redis'].map((name, index) => `${name} ${versions[index]}`).join(', ')
}

function run(program) {
  const args = [...pythonFlags, '-c', program, ...Object.values(modules)]
  return (spawnSync(python, args, { encoding: 'utf8' }).stdout ?? '').split('\n')
}
