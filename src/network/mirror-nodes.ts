import type { Node } from '../graph/index.ts';
import { moved } from './channels.ts';
import type { ElementwiseMap } from './elementwise.ts';
import { added, bothSigns, concatenated, gathered, scaled, sumless } from './mirror-joins.ts';
import { INPUT, lost, mixed, oddSlope, signalAt, type Signal, type Walk } from './mirror-signal.ts';
import { isAffine } from './sites.ts';
import { dataInputs } from './wiring.ts';

/** What a node that is no layer makes of the values it reads. */
export function signalOf(walk: Walk, node: Node): Signal {
  const { maps, wiring } = walk;
  const map = maps.get(node.outputs[0]);
  if (map !== undefined) return activated(walk, node, map);
  const both = bothSigns(walk, node);
  if (both !== null) return both;
  const data = dataInputs(wiring, node);
  const signals = data.map((value) => signalAt(walk, value));
  const broken = signals.find(({ kind }) => kind === 'lost');
  if (broken !== undefined) return broken;
  switch (node.operator) {
    case 'Add':
    case 'Sum':
      return added(node, signals, node.inputs.length - data.length);
    case 'Sub':
      return data.length === 1 ? added(node, signals, 1) : sumless(node, signals);
    case 'Mul':
    case 'Div':
      return scaled(node, signals, data);
    case 'Concat':
      return concatenated(node, signals);
    case 'Gather':
      return signalAt(walk, node.inputs[0]).kind === 'halves'
        ? gathered(walk, node)
        : followed(walk, node, signals);
    default:
      return followed(walk, node, signals);
  }
}

function activated(walk: Walk, node: Node, { source, samples }: ElementwiseMap): Signal {
  const signal = signalAt(walk, source);
  if (signal.kind === 'lost') return signal;
  if (isAffine(samples)) {
    const slope = (samples[samples.length - 1] - samples[0]) / 16;
    return signal.kind === 'halves' ? { ...signal, slope: signal.slope * slope } : signal;
  }
  if (signal.kind === 'halves') return lost(node, 'is an activation of an activation');
  const slope = oddSlope(samples);
  if (slope === null) {
    return lost(node, 'is an activation φ for which φ(x) - φ(-x) is not linear in x');
  }
  const { channels, pairs } = signal;
  if (channels === null || pairs === null) {
    return lost(node, 'activates what no layer makes, so it has no mirrored halves');
  }
  return { kind: 'halves', channels, pairs, slope };
}

/** What a node makes of its one input. */
function followed(walk: Walk, node: Node, [signal, ...more]: readonly Signal[]): Signal {
  if (signal === undefined || signal.kind === 'lost') return signal ?? INPUT;
  const after = signal.channels === null ? null : moved(walk.wiring, node, signal.channels);
  if (after !== null && more.length === 0) return { ...signal, channels: after };
  const isLinear = signal.kind === 'linear' && LINEAR.has(node.operator) && more.length === 0;
  return isLinear ? INPUT : mixed(node, signal);
}

/** Operators that are linear in their one data input, whatever they do to its channels. */
const LINEAR = new Set([
  'Identity',
  'Cast',
  'Dropout',
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Split',
  'Gather',
  'Pad',
  'AveragePool',
  'GlobalAveragePool',
  'ReduceMean',
  'ReduceSum',
  'BatchNormalization',
  'Expand',
  'Tile',
]);
