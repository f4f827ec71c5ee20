import { execFile, execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as appsV1 from 'kubernetes-models/apps/v1'
import * as networkingV1 from 'kubernetes-models/networking.k8s.io/v1'
import * as policyV1 from 'kubernetes-models/policy/v1'
import * as coreV1 from 'kubernetes-models/v1'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { settingRows, variableOf } from '../packages/server/src/settings.ts'
import { onPath } from './testing/image.ts'

const deploy = join(import.meta.dirname, '..', 'deploy')
const read = (file: string) => readFileSync(join(deploy, file), 'utf8')
const run = promisify(execFile)

type Json = Record<string, unknown>
interface Model {
  new (value: Json): { validate(): void }
}
const models: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  v1: coreV1,
  'apps/v1': appsV1,
  'policy/v1': policyV1,
  'networking.k8s.io/v1': networkingV1,
}

describe('Kubernetes', () => {
  const folders = ['base', 'postgresql']
  const documents = folders.flatMap((folder) =>
    readdirSync(join(deploy, 'kubernetes', folder)).flatMap((file) =>
      parseAllDocuments(read(`kubernetes/${folder}/${file}`)).map((one) => ({
        file: `${folder}/${file}`,
        folder,
        value: one.toJS() as Json & { kind: string; apiVersion: string },
      })),
    ),
  )
  const objects = documents.filter(({ value }) => value.kind !== 'Kustomization' && !value.$patch)

  test.each(objects.map(({ file, value }) => [file, value] as const))(
    '%s is what the published schema wants',
    (file, value) => {
      const Kind = models[value.apiVersion]?.[value.kind] as Model
      // A patch need not be whole: it is laid over the object of the base, as kustomize does.
      const base = objects.find((one) => one.folder === 'base' && one.value.kind === value.kind)!
      const whole = file.startsWith('base/') ? value : merged(base.value, value)
      expect(() => new Kind(whole as Json).validate()).not.toThrow()
    },
  )

  test('a schema refuses what is wrong', () => {
    expect(() => new coreV1.Service({ spec: { ports: [{ port: 'x' }] } } as never).validate()).toThrow()
  })

  test('kustomize finds every file, and every patch the object that it changes', () => {
    for (const { folder, value } of documents.filter((one) => one.value.kind === 'Kustomization')) {
      const there = readdirSync(join(deploy, 'kubernetes', folder))
      const named = [
        ...((value.resources as string[]) ?? []),
        ...((value.patches as { path: string }[]) ?? []).map(({ path }) => path),
      ].filter((one) => !one.startsWith('../'))
      expect([...named, 'kustomization.yaml'].sort()).toEqual(there.sort())
    }
    const names = (folder: string) =>
      documents
        .filter((one) => one.folder === folder && one.value.kind !== 'Kustomization')
        .map(({ value }) => [value.kind, (value.metadata as Json).name].join(' '))
    for (const name of names('postgresql')) expect(names('base')).toContain(name)
  })

  test.each(folders)('no pod of %s has a privilege, or writes to its image', (folder) => {
    const base = objects.find((one) => one.file === 'base/deployment.yaml')!.value
    const patch = objects.find((one) => one.file === `${folder}/deployment.yaml`)!.value
    const whole = folder === 'base' ? base : (merged(base, patch) as Json)
    const pod = ((whole.spec as Json).template as { spec: Json }).spec
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    const containers = [...(pod.containers as Json[]), ...((pod.initContainers as Json[]) ?? [])]
    for (const container of containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        privileged: false,
        capabilities: { drop: ['ALL'] },
      })
    }
    expect(containers[0]).toMatchObject({ livenessProbe: {}, readinessProbe: {}, startupProbe: {} })
  })
})

/** Two objects as a strategic merge patch joins them: maps by their members, lists of named things by name. */
function merged(under: unknown, over: unknown): unknown {
  if (Array.isArray(under) && Array.isArray(over) && over.every((one) => one?.name)) {
    const rest = over.filter((one) => !under.some((other) => other.name === one.name))
    return [...under.map((one) => merged(one, over.find((other) => other.name === one.name) ?? one)), ...rest]
  }
  if (!isMap(under) || !isMap(over)) return over
  const entries = Object.entries({ ...under, ...over }).map(([name, value]) => [
    name,
    Object.hasOwn(under, name) && Object.hasOwn(over, name) ? merged(under[name], over[name]) : value,
  ])
  return Object.fromEntries(entries.filter(([, value]) => value !== null))
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

test('every setting that a file of deployment names is one', () => {
  const known: string[] = settingRows.map(({ name }) => variableOf(name))
  const files = (readdirSync(deploy, { recursive: true }) as string[]).filter((file) =>
    /\.\w+$|Containerfile/.test(file),
  )
  const named = files.flatMap((file) => read(file).match(/KEYWARD_[A-Z_]+/g) ?? [])
  expect(named.length).toBeGreaterThan(10)
  for (const variable of named) expect(known).toContain(variable)
})

test('compose.yaml runs it without privileges, over PostgreSQL', () => {
  const { services, volumes } = parse(read('container/compose.yaml'))
  expect(services.keyward).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    depends_on: { database: { condition: 'service_healthy' } },
  })
  expect(services.database.healthcheck).toBeDefined()
  const mounted = Object.values<Json>(services).flatMap((one) =>
    (one.volumes as string[]).map((volume) => volume.split(':')[0]),
  )
  expect(mounted.sort()).toEqual(Object.keys(volumes).sort())
})

const analyze = onPath('systemd-analyze')
describe.skipIf(!analyze && process.env.CI !== 'true')('systemd (Debian package systemd)', () => {
  const unit = join(deploy, 'systemd/keyward.service')

  test('the unit is understood whole', () => {
    expect(execFileSync('systemd-analyze', ['verify', unit], { encoding: 'utf8', stdio: 'pipe' })).toBe('')
  })

  test('it is exposed to little', async () => {
    const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit])
    const [, exposure] = /Overall exposure level for keyward\.service: ([\d.]+)/.exec(stdout)!
    expect(Number(exposure)).toBeLessThanOrEqual(2)
  })

  test('it stops and reloads by signals that the service answers, with time to do so', () => {
    const text = read('systemd/keyward.service')
    expect(text).toContain('\nExecReload=/bin/kill -HUP $MAINPID\n')
    expect(text).toContain('\nKillSignal=SIGTERM\n')
    expect(text).toContain('\nKillMode=mixed\n')
  })
})
