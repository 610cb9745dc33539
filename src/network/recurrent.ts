import type { Node } from '../graph/index.ts';
import type { AxisRole } from '../tensor/index.ts';
import type { Operand, OperandBlock } from './layer.ts';

/** Gates in the order in which ONNX stacks them. */
const GATES: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['input', 'output', 'forget', 'cell'],
  GRU: ['update', 'reset', 'hidden'],
  RNN: ['hidden'],
};

/** Input slot of the first initial state; what stands there may be expanded to the batch. */
export const FIRST_STATE = 5;

type Describe = (shape: readonly number[]) => Omit<Operand, 'value' | 'view'>;

/**
 * The stored operands of an LSTM, GRU or RNN by input slot: W [directions, gates·hidden, input],
 * R [directions, gates·hidden, hidden], B [directions, 2·gates·hidden], the initial states and the
 * peepholes. Each gate of each direction is a block with fans of its own.
 */
export function recurrentOperands(node: Node): readonly (readonly [number, Describe])[] {
  const gates = GATES[node.operator];
  const operands: [number, Describe][] = [
    [1, (shape) => weight('recurrent_input', gates, shape)],
    [2, (shape) => weight('recurrent_hidden', gates, shape)],
    [3, (shape) => bias(gates, shape)],
    [5, state],
  ];
  if (node.operator === 'LSTM') operands.push([6, state], [7, peephole]);
  return operands;
}

const directionOf = (index: number): string => (index === 0 ? 'forward' : 'backward');

function weight(
  role: 'recurrent_input' | 'recurrent_hidden',
  gates: readonly string[],
  shape: readonly number[],
): ReturnType<Describe> {
  const [directions, stacked, inputs] = shape;
  const hidden = stacked / gates.length;
  const blocks: OperandBlock[] = [];
  for (let direction = 0; direction < directions; direction++) {
    for (const [index, gate] of gates.entries()) {
      blocks.push({
        name: `${directionOf(direction)}/${gate}`,
        start: [direction, index * hidden, 0],
        shape: [1, hidden, inputs],
      });
    }
  }
  const layout: AxisRole[] = ['batch', 'out', 'in'];
  return { role, layout, groups: 1, fanIn: inputs, fanOut: hidden, blocks };
}

function bias(gates: readonly string[], shape: readonly number[]): ReturnType<Describe> {
  const [directions, stacked] = shape;
  const hidden = stacked / (2 * gates.length);
  const blocks: OperandBlock[] = [];
  for (let direction = 0; direction < directions; direction++) {
    for (const [side, from] of ['input', 'hidden'].entries()) {
      for (const [index, gate] of gates.entries()) {
        blocks.push({
          name: `${directionOf(direction)}/${gate}/${from}`,
          start: [direction, (side * gates.length + index) * hidden],
          shape: [1, hidden],
        });
      }
    }
  }
  return { role: 'recurrent_bias', layout: [], groups: 1, fanIn: null, fanOut: null, blocks };
}

/** Weights of the cell on its own gates, element by element. */
function peephole(): ReturnType<Describe> {
  return { ...state(), role: 'recurrent_bias' };
}

function state(): ReturnType<Describe> {
  return { role: 'initial_state', layout: [], groups: 1, fanIn: null, fanOut: null, blocks: [] };
}
