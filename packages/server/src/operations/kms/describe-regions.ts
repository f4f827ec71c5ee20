import { Type } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'
import { Input } from './fields.ts'

/** Names the one region that this service answers for. Needs authentication only (reference: alibaba-kms.md A.1). */
export const describeRegions = readOperation({
  name: 'kms:DescribeRegions',
  summary: 'Show the region served',
  effect: 'read',
  authorization: 'none',
  input: Input({}),
  output: Type.Object({
    Regions: Type.Object({ Region: Type.Array(Type.Object({ RegionId: Type.String() })) }),
  }),
  resolve: () => undefined,
  checks: () => [],
  work: (scope) => ({ Regions: { Region: [{ RegionId: scope.regions.alibaba }] } }),
  example: {},
})
