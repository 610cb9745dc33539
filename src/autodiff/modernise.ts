import {
  numberAttribute,
  numbersAttribute,
  textAttribute,
  type Attribute,
  type Graph,
  type Node,
} from '../graph/index.ts';
import { emit, type Attributes } from './emit.ts';
import { claim, floats, ints, scalar, typeOf, type Scope } from './scope.ts';
import { nodeText } from './wording.ts';

/** The operator set in which derivatives are written, unless the model has a newer one. */
export const writtenOpset = 21;

function without(attributes: Attributes, ...names: readonly string[]): Record<string, Attribute> {
  const entries = Object.entries(attributes).filter(([name]) => !names.includes(name));
  return Object.fromEntries(entries);
}

/** An attribute with a list of integers, as an input at `index`. */
function listAsInput(s: Scope, node: Node, name: string, index: number): Node {
  const list = numbersAttribute(node, name);
  const attributes = without(node.attributes, name);
  if (list === null) return { ...node, attributes };
  const inputs = [...node.inputs];
  while (inputs.length < index) inputs.push('');
  inputs[index] = ints(s, list);
  return { ...node, inputs, attributes };
}

type Change = (s: Scope, node: Node) => Node;

const axesAsInput: Change = (s, node) => listAsInput(s, node, 'axes', 1);

const clip: Change = (s, node) => {
  const [x] = node.inputs;
  const limit = (name: string): string => {
    const value = node.attributes[name];
    return typeof value === 'number' ? scalar(s, value, x) : '';
  };
  return { ...node, inputs: [x, limit('min'), limit('max')], attributes: {} };
};

/** Before opset 13 a softmax took all axes from `axis` on as one. */
const softmax: Change = (s, node) => {
  const axis = numberAttribute(node, 'axis', 1);
  const [x] = node.inputs;
  const rank = typeOf(s, x).shape?.length;
  if (rank !== undefined && (axis === rank - 1 || axis === -1)) {
    return { ...node, attributes: { axis: -1 } };
  }
  const flat = emit(s, 'Flatten', [x], { axis });
  const y = emit(s, node.operator, [flat], { axis: -1 });
  const shape = emit(s, 'Shape', [x]);
  return { ...node, operator: 'Reshape', inputs: [y, shape], attributes: { allowzero: 1 } };
};

const slice: Change = (s, node) => {
  const starts = numbersAttribute(node, 'starts') ?? [];
  const ends = numbersAttribute(node, 'ends') ?? [];
  const axes = numbersAttribute(node, 'axes') ?? starts.map((_, axis) => axis);
  return {
    ...node,
    inputs: [node.inputs[0], ints(s, starts), ints(s, ends), ints(s, axes)],
    attributes: {},
  };
};

const pad: Change = (s, node) => {
  const [x] = node.inputs;
  const value = scalar(s, numberAttribute(node, 'value', 0), x);
  const pads = ints(s, numbersAttribute(node, 'pads') ?? []);
  return {
    ...node,
    inputs: [x, pads, value],
    attributes: without(node.attributes, 'pads', 'value'),
  };
};

/** The first `Upsample`s and `Resize`s took corners, not centres, as the places of elements. */
const upsample: Change = (s, node) => {
  const [x, scales = ''] = node.inputs;
  const given = numbersAttribute(node, 'scales');
  const by = given === null ? scales : floatList(s, given);
  const mode = textAttribute(node, 'mode', 'nearest');
  return {
    ...node,
    operator: 'Resize',
    inputs: [x, '', by],
    attributes: {
      mode,
      coordinate_transformation_mode: 'asymmetric',
      ...(mode === 'nearest' ? { nearest_mode: 'floor' } : {}),
    },
  };
};

function floatList(s: Scope, values: readonly number[]): string {
  return floats(s, values, [values.length], '');
}

const dropout: Change = (_, node) => ({
  ...node,
  attributes: without(node.attributes, 'ratio'),
});

const split: Change = (s, node) => {
  const isGiven = numbersAttribute(node, 'split') !== null || (node.inputs[1] ?? '') !== '';
  if (isGiven) return listAsInput(s, node, 'split', 1);
  return { ...node, attributes: { ...node.attributes, num_outputs: node.outputs.length } };
};

/** Before opset 14 the averages of the batch were taken where the running ones were asked for. */
const batchNorm: Change = (_, node) => {
  if (numberAttribute(node, 'spatial', 1) === 0) {
    throw new RangeError(
      `${nodeText(node)}: spatial must be 1 to be differentiated, got 0, a mean for every place`,
    );
  }
  const isTraining = node.outputs.slice(1).some((output) => output !== '');
  const kept = without(node.attributes, 'spatial', ...(isTraining ? [] : ['momentum']));
  return {
    ...node,
    outputs: node.outputs.slice(0, isTraining ? 3 : 1),
    attributes: isTraining ? { ...kept, training_mode: 1 } : kept,
  };
};

/** Before opset 21 a group normalisation had one scale and one bias for each group. */
const groupNorm: Change = (s, node) => {
  const [x, ...vectors] = node.inputs;
  const groups = numberAttribute(node, 'num_groups', 1);
  const byChannel = vectors.map((vector) => {
    const channels = emit(s, 'Shape', [x], { start: 1, end: 2 });
    const each = emit(s, 'Div', [channels, ints(s, [groups])]);
    const target = emit(s, 'Concat', [ints(s, [groups]), each], { axis: 0 });
    const column = emit(s, 'Unsqueeze', [vector, ints(s, [1])]);
    return emit(s, 'Reshape', [emit(s, 'Expand', [column, target]), channels]);
  });
  return { ...node, inputs: [x, ...byChannel] };
};

const topK: Change = (s, node) => {
  const count = ints(s, [numberAttribute(node, 'k', 1)]);
  return { ...node, inputs: [node.inputs[0], count], attributes: without(node.attributes, 'k') };
};

const scatter: Change = (_, node) => ({ ...node, operator: 'ScatterElements' });

/** The first `Scan` went through every example of a batch: it is one over these, with one inside it. */
const oldScan: Change = (s, node) => {
  const [lengths, ...given] = node.inputs;
  if (lengths !== '') {
    throw new RangeError(
      `${nodeText(node)}: a Scan of opset 8 must be without sequence_lens to be differentiated, got some`,
    );
  }
  const { directions, ...attributes } = node.attributes;
  const inputs = given.map((name) => {
    const { dtype, shape } = typeOf(s, name);
    return { name: claim(s, `${name}:example`), dtype, shape: shape?.slice(1) ?? null };
  });
  const outputs = node.outputs.map((_, index) => claim(s, `${node.name}:example${index}`));
  const inner: Node = {
    ...node,
    name: claim(s, `${node.name}:inner`),
    inputs: inputs.map(({ name }) => name),
    outputs,
    attributes: {
      ...attributes,
      ...(directions === undefined ? {} : { scan_input_directions: directions }),
    },
  };
  const body: Graph = {
    name: 'examples',
    opsets: s.shared.opsets,
    inputs,
    outputs: outputs.map((name) => ({ name, dtype: null, shape: null })),
    nodes: [inner],
    constants: new Map(),
    values: new Map(),
  };
  return { ...node, inputs: given, attributes: { body, num_scan_inputs: given.length } };
};

/** What an operator became, and with which opset. */
interface Step {
  readonly since: number;
  readonly change: Change;
}

const reductions = 'Mean Max Min Prod L1 L2 LogSum LogSumExp SumSquare'
  .split(' ')
  .map((name) => [`Reduce${name}`, { since: 18, change: axesAsInput }] as const);

const steps: ReadonlyMap<string, Step> = new Map<string, Step>([
  ...reductions,
  ['ReduceSum', { since: 13, change: axesAsInput }],
  ['Squeeze', { since: 13, change: axesAsInput }],
  ['Unsqueeze', { since: 13, change: axesAsInput }],
  ['Softmax', { since: 13, change: softmax }],
  ['LogSoftmax', { since: 13, change: softmax }],
  ['Hardmax', { since: 13, change: softmax }],
  ['Clip', { since: 11, change: clip }],
  ['Slice', { since: 10, change: slice }],
  ['Pad', { since: 11, change: pad }],
  ['Upsample', { since: 99, change: upsample }],
  ['Resize', { since: 11, change: upsample }],
  ['Dropout', { since: 12, change: dropout }],
  ['Split', { since: 18, change: split }],
  ['BatchNormalization', { since: 14, change: batchNorm }],
  ['GroupNormalization', { since: 21, change: groupNorm }],
  ['TopK', { since: 10, change: topK }],
  ['Scatter', { since: 99, change: scatter }],
  ['Scan', { since: 9, change: oldScan }],
]);

/** A node of an older operator set in the form that it has today; what it needs for that is written to `s`. */
export function modernised(s: Scope, node: Node, opset: number): Node {
  const step = node.domain === '' ? steps.get(node.operator) : undefined;
  return step === undefined || opset >= step.since ? node : step.change(s, node);
}
