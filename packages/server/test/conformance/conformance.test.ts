import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { signAcs3 } from '../../src/wire/alibaba/sign.ts'
import { unservedCalls, unservedReason } from '../../src/wire/alibaba/unserved.ts'
import { findUnserved } from '../../src/wire/huawei/unserved.ts'
import { exampleWorlds } from '../example-worlds.ts'
import { startService } from '../service.ts'
import { listedOf } from './differences.ts'
import { ghostsOf } from './ghosts.ts'
import { judgeMembers, pathsOf, readXml } from './judge.ts'
import { alibabaModels, type Call, huaweiModels } from './models.ts'
import { NOWHERE } from './page.ts'
import { subjects, unserved, unservedRest } from './plan.ts'
import { variantsOf } from './variants.ts'
import { makeWalk } from './walk.ts'

// A sample of what `npm run test:conformance` sends in whole. Another one: CONFORMANCE_SEED=2 npm test -- conformance.

const seed = process.env.CONFORMANCE_SEED ?? '1'
const draw = (text: string) => createHash('sha256').update(`${seed} ${text}`).digest().readUInt32BE()
const byDraw = (of: string) => (a: { name: string }, b: { name: string }) =>
  draw(of + a.name) - draw(of + b.name)

/** What needs an installation in which no member account was made yet: such an account stays. */
const BEFORE_MEMBERS = / (Init|Enable|Destroy)ResourceDirectory$/
const late = ({ name }: { name: string }) => (BEFORE_MEMBERS.test(name) ? 0 : 1)

/** The sample ends here, wherever it is. */
const LONGEST = 18_000

async function withService<T>(body: (service: Awaited<ReturnType<typeof startService>>) => Promise<T>) {
  const hooks = mkdtempSync(join(tmpdir(), 'keyward-hooks-'))
  writeFileSync(join(hooks, 'true'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  const service = await startService({ switches: ['test-clock'], flags: { 'offline-hooks': hooks } })
  try {
    return await body(service)
  } finally {
    await service.close()
    rmSync(hooks, { recursive: true })
  }
}

describe('conformance', () => {
  it('differs from the models as it is listed, in a sample', async () => {
    await withService(async (service) => {
      const { walk, close } = await makeWalk(service, exampleWorlds(service), {
        forms: 2,
        choose: (name, variants) => {
          const some = variants.slice(1).sort(byDraw(name))
          return [variants[0]!, ...some.slice(0, 6)]
        },
      })
      const until = Date.now() + LONGEST
      let judged = 0
      for (const subject of [...subjects()].sort(byDraw('')).sort((a, b) => late(a) - late(b))) {
        if (Date.now() > until) break
        const known = listedOf(subject.name)
        const { differences } = await walk(subject)
        // What was not asked for was not answered.
        const unknown = [...differences].filter((one) => !known.has(one) && !one.endsWith(': not answered'))
        expect([subject.name, ...unknown]).toEqual([subject.name])
        judged += 1
      }
      close()
      expect(judged).toBeGreaterThan(1)
    })
  }, 60_000)

  it('names every call of the models that is not served, and why', () => {
    for (const [product, calls] of unserved()) {
      expect([product, ...unservedCalls(product)].sort()).toEqual([product, ...calls].sort())
      for (const call of calls)
        expect(unservedReason(product, call)).toMatch(/^The call \w+ is not offered\. [A-Z].*\.$/)
    }
    for (const { method, path } of unservedRest()) {
      const words = findUnserved(method, path)?.words
      expect([path, words]).toEqual([
        path,
        expect.stringMatching(/^The call \w+ is not offered\. [A-Z].*\.$/),
      ])
    }
    expect(alibabaModels.map(({ calls }) => Object.keys(calls).length)).toEqual([94, 66, 4, 98, 114, 74])
    expect(huaweiModels.map(({ calls }) => Object.keys(calls).length)).toEqual([18, 84, 5, 69])
  })

  it('answers such a call in words, to who is known', async () => {
    await withService(async ({ url, root }) => {
      const host = new URL(url).host
      const ask = async (version: string, action: string, secret = root.accessKeySecret) => {
        const call = {
          ...root,
          accessKeySecret: secret,
          method: 'POST',
          host,
          action,
          version,
          query: {},
        } as const
        const { method, target, headers } = signAcs3(call)
        const response = await fetch(`${url}${target}`, { method, headers })
        const { Code, Message } = (await response.json()) as Record<string, string>
        return [response.status, Code, Message]
      }
      const message = 'The call UploadCertificate is not offered. Certificates are not kept here.'
      expect(await ask('2016-01-20', 'UploadCertificate')).toEqual([400, 'UnsupportedOperation', message])
      expect((await ask('2019-08-15', 'CreateGroup'))[1]).toBe('UnsupportedOperation')
      expect((await ask('2016-01-20', 'CreateGroup'))[1]).toBe('InvalidAction.NotFound')
      expect((await ask('2016-01-20', 'UploadCertificate', 'wrong'))[1]).toBe('SignatureDoesNotMatch')
    })
  })
})

const CALL: Call = {
  parameters: {
    Name: { type: 'string', required: true },
    Size: { type: 'integer', minimum: 1, maximum: 5 },
    Kind: { type: 'string', enum: ['a', 'b'] },
  },
  answer: {
    Id: { type: 'string' },
    List: { type: 'array', items: { type: 'object', members: { N: { type: 'integer' } } } },
  },
  codes: {},
}

describe('the generator', () => {
  it('makes what a model allows and what it forbids', () => {
    const made = variantsOf(CALL, { Name: 'n' })
    expect(made.filter(({ expected }) => expected === 'refuse').map(({ name }) => name)).toEqual([
      'without Name',
      'Size 0',
      'Size 6',
      'Size of a wrong type, 1',
      'Size of a wrong type, 2',
      'Kind outside its values',
      'with a parameter that there is not',
      'Name twice',
    ])
    expect(made.find(({ name }) => name === 'Size 6')?.parameters).toEqual({ Name: 'n', Size: 6 })
    expect(variantsOf(CALL, { Name: 'n' }, { typed: true }).length).toBeGreaterThan(made.length)
  })

  it('goes into objects and lists', () => {
    const server = {
      type: 'object',
      required: true,
      members: { id: { type: 'string', required: true }, port: { type: 'integer', maximum: 9 } },
    } as const
    const call: Call = {
      parameters: { server, all: { type: 'array', items: server } },
      answer: {},
      codes: {},
    }
    const made = variantsOf(call, { server: { id: 'a' } }, { typed: true })
    const of = (name: string) => made.find((one) => one.name === name)
    expect(of('without server.id')).toMatchObject({ expected: 'refuse', parameters: { server: {} } })
    expect(of('with server.port')?.parameters).toEqual({ server: { id: 'a', port: 1 } })
    expect(of('server.port 10')).toMatchObject({
      expected: 'refuse',
      parameters: { server: { id: 'a', port: 10 } },
    })
    expect(of('server.id of a wrong type, 1')).toMatchObject({
      expected: 'refuse',
      parameters: { server: { id: 17 } },
    })
    expect(of('server with a member that there is not')?.expected).toBe('refuse')
    expect(of('without all.1.id')?.parameters).toEqual({ server: { id: 'a' }, all: [{ port: 1 }] })
    expect(of('all of no item')?.parameters).toEqual({ server: { id: 'a' }, all: [] })
  })

  it('names what is not there by other names of the same form', () => {
    const keyId = '4b1d2c3e-0000-4000-8000-00000000abcd'
    const { world, anonymous } = ghostsOf({ ...NOWHERE, keyId, keypairName: 'pair-7' })
    expect(world).toMatchObject({
      keyId: `${keyId.slice(0, -4)}defa`,
      keypairName: expect.not.stringMatching('pair-7'),
    })
    expect([world.accountUid, world.projectId]).toEqual([NOWHERE.accountUid, NOWHERE.projectId])
    const told = (name: string, RequestId: string) =>
      anonymous({ Code: 'No', Message: `not ${name}`, RequestId })
    expect(told(keyId, '1')).toBe(told(world.keyId, '2'))
    expect(told(keyId, '1')).not.toBe(told('another', '1'))
  })
})

describe('the judge', () => {
  const judge = (answer: Record<string, unknown>, texts = false) => {
    const seen = new Set<string>()
    return [judgeMembers(CALL.answer, answer, seen, texts), [...seen]]
  }

  it('finds a member that is not there, one too many and one of another type', () => {
    expect(judge({ Id: 'x', List: [{ N: 1 }] })).toEqual([[], ['Id', 'List', 'List.N']])
    expect(judge({ Id: 'x', More: 1 })).toEqual([['answer More: not in the model'], ['Id']])
    expect(judge({ id: 'x' })[0]).toEqual(['answer id: not in the model'])
    expect(judge({ Id: 1 })[0]).toEqual(['answer Id: integer for string'])
    expect(judge({ Id: null })[0]).toEqual(['answer Id: null for string'])
    expect(judge({ List: { N: 1 } })[0]).toEqual(['answer List: object for array'])
    const required = { Id: { type: 'string', required: true } } as const
    expect(judgeMembers(required, {}, new Set())).toEqual(['answer Id: missing'])
    expect(judge({ List: [{ N: '1' }] })[0]).toEqual(['answer List.N: string for integer'])
    expect(pathsOf(CALL.answer)).toEqual(['Id', 'List', 'List.N'])
  })

  it('reads XML, in which a list of one is no list', () => {
    const [root, body] = readXml('<?xml version="1.0"?><R><Id>x</Id><List><N>1</N></List></R>')
    expect([root, body]).toEqual(['R', { Id: 'x', List: { N: '1' } }])
    expect(judge(body, true)).toEqual([[], ['Id', 'List', 'List.N']])
    expect(judge({ ...body, Other: '' }, true)[0]).toEqual(['answer Other: not in the model'])
  })
})
