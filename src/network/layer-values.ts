import type { Graph, Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';

/** What a value that is measured or predicted is to the network. */
export type LayerKind =
  'embedding' | 'linear' | 'activation' | 'normalisation' | 'sum' | 'softmax' | 'pool';

/** A value that a person would want to see the statistics of. */
export interface LayerValue {
  /** The value's name in the graph. */
  readonly name: string;
  /** The operator that makes it; joined by `+` for a function spelled in several operators. */
  readonly op: string;
  readonly kind: LayerKind;
  /** Axis of its units (channels, features), counted from the end where negative. */
  readonly unitAxis: number;
}

const convolutions = new Set(['Conv', 'ConvTranspose', 'FusedConv', 'DeformConv']);
const recurrent = new Set(['LSTM', 'GRU', 'RNN']);
const products = new Set(['Gemm', 'MatMul', 'Einsum', 'FusedMatMul', 'FusedGemm']);

const normalisations = new Set([
  'BatchNormalization',
  'GroupNormalization',
  'InstanceNormalization',
  'LayerNormalization',
  'LpNormalization',
  'LRN',
  'MeanVarianceNormalization',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
]);

/** Normalisations whose units are channels on axis 1. */
const channelNormalisations = new Set([
  'BatchNormalization',
  'GroupNormalization',
  'InstanceNormalization',
  'LRN',
]);

const pools = new Set([
  'AveragePool',
  'GlobalAveragePool',
  'GlobalLpPool',
  'GlobalMaxPool',
  'LpPool',
  'MaxPool',
]);

const softmaxes = new Set(['Softmax', 'LogSoftmax', 'Hardmax']);

const nonlinear = new Set([
  'Abs',
  'Acos',
  'Acosh',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'BiasGelu',
  'Celu',
  'Clip',
  'Cos',
  'Cosh',
  'Elu',
  'Erf',
  'Exp',
  'FastGelu',
  'Gelu',
  'HardSigmoid',
  'HardSwish',
  'LeakyRelu',
  'Log',
  'Mish',
  'PRelu',
  'QuickGelu',
  'Relu',
  'Selu',
  'Shrink',
  'Sigmoid',
  'Sign',
  'Sin',
  'Sinh',
  'Softplus',
  'Softsign',
  'Swish',
  'Tan',
  'Tanh',
  'ThresholdedRelu',
]);

/** Elementwise operators that may be steps of a function spelled in several operators. */
const arithmetic = new Set([
  'Add',
  'Cast',
  'Div',
  'Max',
  'Min',
  'Mul',
  'Neg',
  'Pow',
  'Reciprocal',
  'Sqrt',
  'Square',
  'Sub',
  'Sum',
]);

const shapeOnly = new Set(['Shape', 'Size', 'ConstantOfShape', 'ArgMax', 'ArgMin', 'NonZero']);

/** Whether a node is a linear map by a stored weight. */
function isLinear(node: Node, stored: ReadonlySet<string>): boolean {
  if (convolutions.has(node.operator) || recurrent.has(node.operator)) return true;
  return products.has(node.operator) && node.inputs.slice(0, 2).some((value) => stored.has(value));
}

function isEmbedding(node: Node, graph: Graph, stored: ReadonlySet<string>): boolean {
  if (node.operator !== 'Gather' || !stored.has(node.inputs[0])) return false;
  const dtype = graph.constants.get(node.inputs[0])?.dtype;
  return !stored.has(node.inputs[1]) && (dtype === undefined || isFloat(dtype));
}

/** A graph with what the choice of its layers needs to know about its values. */
interface Reading {
  readonly graph: Graph;
  readonly producer: ReadonlyMap<string, Node>;
  readonly users: ReadonlyMap<string, readonly Node[]>;
  /** Values computed from stored tensors alone. */
  readonly stored: ReadonlySet<string>;
  /** Values that carry what flows in, not masks or shapes. */
  readonly signal: ReadonlySet<string>;
}

function read(graph: Graph): Reading {
  const producer = new Map<string, Node>();
  const users = new Map<string, Node[]>();
  const stored = new Set<string>(graph.constants.keys());
  const signal = new Set<string>();
  for (const { name, dtype } of graph.inputs) {
    if ((dtype === null || isFloat(dtype)) && !/mask/i.test(name)) signal.add(name);
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.filter((value) => value !== '');
    const outputs = node.outputs.filter((value) => value !== '');
    for (const value of inputs) {
      const list = users.get(value);
      if (list === undefined) users.set(value, [node]);
      else list.push(node);
    }
    for (const value of outputs) producer.set(value, node);
    const holdsGraph = Object.values(node.attributes).some(
      (value) => typeof value === 'object' && 'nodes' in value,
    );
    const isStored = !holdsGraph && inputs.every((value) => stored.has(value));
    const carries =
      !shapeOnly.has(node.operator) &&
      (holdsGraph ||
        inputs.some((value) => signal.has(value)) ||
        isLinear(node, stored) ||
        isEmbedding(node, graph, stored));
    if (isStored) for (const value of outputs) stored.add(value);
    else if (carries) for (const value of outputs) signal.add(value);
  }
  return { graph, producer, users, stored, signal };
}

/** The output of a linear map after the stored bias that is added to it, if to nothing else it goes. */
function afterBias({ users, graph, stored }: Reading, value: string): string {
  const uses = users.get(value) ?? [];
  const isOutput = graph.outputs.some(({ name }) => name === value);
  if (uses.length !== 1 || isOutput || uses[0].operator !== 'Add') return value;
  return uses[0].inputs.some((input) => stored.has(input)) ? uses[0].outputs[0] : value;
}

/** Outputs of linear maps, after their bias, with the operator that makes them. */
function linearResults(reading: Reading): ReadonlyMap<string, string> {
  const { graph, stored, signal } = reading;
  const results = new Map<string, string>();
  for (const node of graph.nodes) {
    const output = node.outputs.find((value) => value !== '');
    if (output === undefined || !signal.has(output) || !isLinear(node, stored)) continue;
    const result = recurrent.has(node.operator) ? output : afterBias(reading, output);
    results.set(result, node.operator);
  }
  return results;
}

/** A value as an elementwise function of another: the operators on the way, in order. */
interface Region {
  readonly source: string;
  readonly operators: readonly string[];
}

/** The values that are elementwise functions of one value each, stored tensors aside. */
function regionsOf(
  { graph, stored, signal }: Reading,
  linear: ReadonlyMap<string, string>,
): ReadonlyMap<string, Region> {
  const regions = new Map<string, Region>();
  for (const { operator, inputs, outputs } of graph.nodes) {
    const isStep = nonlinear.has(operator) || arithmetic.has(operator);
    if (!isStep || !signal.has(outputs[0]) || linear.has(outputs[0])) continue;
    const before = inputs
      .filter((value) => value !== '' && !stored.has(value))
      .map((value) => regions.get(value) ?? { source: value, operators: [] });
    if (before.some(({ source }) => source !== before[0].source)) continue;
    const operators = new Set(before.flatMap((region) => region.operators));
    regions.set(outputs[0], {
      source: before[0].source,
      operators: [...operators.add(operator)],
    });
  }
  return regions;
}

/** Whether a value leaves the elementwise function that it is a step of. */
function leaves(
  { graph, users }: Reading,
  regions: ReadonlyMap<string, Region>,
  value: string,
): boolean {
  const source = regions.get(value)?.source;
  return (
    graph.outputs.some(({ name }) => name === value) ||
    (users.get(value) ?? []).some(
      (node) => !node.outputs.some((output) => regions.get(output)?.source === source),
    )
  );
}

/** Whether a node divides by a root of a mean: a normalisation spelled in several operators. */
function isSpelledNormalisation(
  { producer }: Reading,
  regions: ReadonlyMap<string, Region>,
  node: Node,
): boolean {
  const divisor = node.operator === 'Div' ? regions.get(node.inputs[1]) : undefined;
  return (
    divisor !== undefined &&
    divisor.operators.includes('Sqrt') &&
    producer.get(divisor.source)?.operator === 'ReduceMean'
  );
}

/** Axis of the units of a node's output, given those of its inputs. */
function unitAxisOf(node: Node, axes: ReadonlyMap<string, number>): number {
  const { operator, inputs, attributes } = node;
  if (convolutions.has(operator) || pools.has(operator) || channelNormalisations.has(operator)) {
    return 1;
  }
  if (operator === 'Transpose') {
    const axis = axes.get(inputs[0]) ?? -1;
    const perm = attributes['perm'];
    if (!Array.isArray(perm)) return -1;
    const from = axis < 0 ? perm.length + axis : axis;
    const to = perm.findIndex((extent) => extent === from);
    return to === perm.length - 1 ? -1 : to;
  }
  const keeps =
    nonlinear.has(operator) ||
    arithmetic.has(operator) ||
    softmaxes.has(operator) ||
    operator === 'Concat' ||
    operator === 'Dropout' ||
    operator === 'Identity' ||
    operator === 'Resize' ||
    operator === 'Upsample' ||
    operator === 'Pad';
  const known = keeps ? inputs.find((value) => axes.has(value)) : undefined;
  return known === undefined ? -1 : (axes.get(known) ?? -1);
}

/** What a node's output is to the network and by which operator, `null` for plumbing. */
function kindOf(
  reading: Reading,
  linear: ReadonlyMap<string, string>,
  regions: ReadonlyMap<string, Region>,
  node: Node,
  output: string,
): readonly [LayerKind, string] | null {
  const { graph, stored, signal } = reading;
  const { operator } = node;
  const linearOperator = linear.get(output);
  if (linearOperator !== undefined) return ['linear', linearOperator];
  if (isEmbedding(node, graph, stored)) return ['embedding', operator];
  if (normalisations.has(operator)) return ['normalisation', operator];
  if (isSpelledNormalisation(reading, regions, node)) return ['normalisation', 'ReduceMean+Div'];
  if (softmaxes.has(operator)) return ['softmax', operator];
  if (pools.has(operator)) return ['pool', operator];
  const region = regions.get(output);
  if (region !== undefined) {
    const isFunction = region.operators.some((name) => nonlinear.has(name));
    return isFunction && leaves(reading, regions, output)
      ? ['activation', region.operators.filter((name) => name !== 'Cast').join('+')]
      : null;
  }
  const isSum = operator === 'Add' || operator === 'Sum';
  return isSum && node.inputs.filter((value) => signal.has(value)).length > 1
    ? ['sum', operator]
    : null;
}

/**
 * The values of a graph that show how the signal runs through it, in graph order: outputs of linear
 * maps with stored weights (after their bias), activations (a function spelled in several operators
 * counts as one), normalisations, sums of two signals, softmax, pooling and embeddings.
 */
export function layerValues(graph: Graph): readonly LayerValue[] {
  const reading = read(graph);
  const linear = linearResults(reading);
  const regions = regionsOf(reading, linear);
  const axes = new Map<string, number>();
  for (const { name, shape } of graph.inputs) {
    axes.set(name, shape !== null && shape.length >= 4 ? 1 : -1);
  }
  const layers: LayerValue[] = [];
  for (const node of graph.nodes) {
    const name = node.outputs.find((value) => value !== '');
    if (name === undefined || !reading.signal.has(name)) continue;
    const unitAxis = unitAxisOf(node, axes);
    axes.set(name, unitAxis);
    const found = kindOf(reading, linear, regions, node, name);
    if (found !== null) layers.push({ name, kind: found[0], op: found[1], unitAxis });
  }
  return layers;
}
