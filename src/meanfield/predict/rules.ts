import type { Node } from '../../graph/index.ts';
import { productRule, softmaxRule, whereRule } from './attention.ts';
import { choiceRule, compareRule, logicRule } from './choice.ts';
import { depthRule } from './depth.ts';
import { linearRule } from './linear.ts';
import {
  concatRule,
  expandRule,
  padRule,
  reshapeRule,
  resizeRule,
  sameRule,
  transposeRule,
} from './moves.ts';
import {
  batchNormRule,
  centreRule,
  divisorRule,
  dropoutRule,
  instanceNormRule,
  layerNormRule,
  skipNormRule,
} from './normalise.ts';
import { gatherRule, sliceRule, splitRule } from './picks.ts';
import { combineRule, unaryRule } from './pointwise.ts';
import { poolRule, reduceRule } from './pool.ts';
import { recurrentRule } from './recurrent.ts';
import { castRule, filledRule, integerRule, shapeRule } from './shapes.ts';
import { unknown, type State } from './state.ts';
import { STEPS } from './steps.ts';
import type { Rule, Walk } from './walk.ts';

const RULES: Readonly<Record<string, Rule>> = {
  Add: combineRule,
  And: logicRule,
  ArgMax: integerRule,
  ArgMin: integerRule,
  AveragePool: poolRule,
  BatchNormalization: batchNormRule,
  Cast: castRule,
  CastLike: castRule,
  Clip: unaryRule,
  Concat: concatRule,
  ConstantOfShape: filledRule,
  DepthToSpace: depthRule,
  Div: combineRule,
  Dropout: dropoutRule,
  Einsum: productRule,
  Equal: integerRule,
  Expand: expandRule,
  Flatten: reshapeRule,
  FusedMatMul: productRule,
  Gather: gatherRule,
  Gemm: productRule,
  Greater: compareRule,
  GreaterOrEqual: compareRule,
  GlobalAveragePool: poolRule,
  GlobalMaxPool: poolRule,
  GroupNormalization: layerNormRule,
  Identity: sameRule,
  InstanceNormalization: instanceNormRule,
  LRN: divisorRule,
  LayerNormalization: layerNormRule,
  Less: compareRule,
  LessOrEqual: compareRule,
  LogSoftmax: softmaxRule,
  LpNormalization: divisorRule,
  MatMul: productRule,
  Max: combineRule,
  MaxPool: poolRule,
  MeanVarianceNormalization: divisorRule,
  Min: combineRule,
  Mul: combineRule,
  NonZero: integerRule,
  Not: logicRule,
  Or: logicRule,
  PRelu: unaryRule,
  Pad: padRule,
  Pow: combineRule,
  RMSNormalization: layerNormRule,
  Range: integerRule,
  ReduceL1: reduceRule,
  ReduceL2: reduceRule,
  ReduceMax: reduceRule,
  ReduceMean: reduceRule,
  ReduceSum: reduceRule,
  ReduceSumSquare: reduceRule,
  Reshape: reshapeRule,
  Resize: resizeRule,
  Shape: shapeRule,
  SimplifiedLayerNormalization: layerNormRule,
  Size: shapeRule,
  SkipLayerNormalization: skipNormRule,
  SkipSimplifiedLayerNormalization: skipNormRule,
  Slice: sliceRule,
  Softmax: softmaxRule,
  SpaceToDepth: depthRule,
  Split: splitRule,
  Squeeze: reshapeRule,
  Sub: (walk, node) => centreRule(walk, node) ?? combineRule(walk, node),
  Sum: combineRule,
  Tile: expandRule,
  Transpose: transposeRule,
  Unsqueeze: reshapeRule,
  Upsample: resizeRule,
  Where: (walk, node) => choiceRule(walk, node) ?? whereRule(walk, node),
};

/** Domains whose operators of these names mean the same. */
const DOMAINS = new Set(['', 'ai.onnx', 'com.microsoft']);

/** What is known of the outputs of a node; where there is no rule, that nothing is. */
export function ruleOf(walk: Walk, node: Node): readonly State[] {
  const layer = walk.parts.get(node.name);
  const weight = layer?.parts[0];
  if (
    layer !== undefined &&
    weight !== undefined &&
    weight.role !== 'embedding' &&
    weight.role !== 'positional_embedding'
  ) {
    if (weight.role.startsWith('recurrent')) return recurrentRule(walk, node, layer);
    return linearRule(walk, node, layer);
  }
  const rule = DOMAINS.has(node.domain)
    ? (RULES[node.operator] ?? (STEPS[node.operator] === undefined ? undefined : unaryRule))
    : undefined;
  if (rule !== undefined) return rule(walk, node);
  const inherited = node.inputs.map((input) => (input === '' ? null : walk.of(input)));
  const lost = inherited.find((state) => state?.kind === 'unknown');
  if (lost?.kind === 'unknown') return node.outputs.map(() => lost);
  const name = node.domain === '' ? node.operator : `${node.domain}.${node.operator}`;
  return node.outputs.map(() => unknown(`${name} (${node.name}) has no rule`));
}
