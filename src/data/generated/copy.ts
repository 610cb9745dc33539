import type { Dimension, Graph, ValueInfo } from '../../graph/index.ts';
import { fold, philoxBlocks, type Key } from '../../random/index.ts';
import { isFloat } from '../../tensor/index.ts';
import { batchAxisOf } from '../fit.ts';
import { sharesOf } from '../image-data.ts';
import { inputsText, shapeText } from '../inputs.ts';
import { joined } from '../joined.ts';
import type { LearningSet } from '../learning-set.ts';
import { wholeWord, type Generator, type Request } from './generator.ts';

/** Symbols of the alphabet, and the two behind them: 8 says nothing, 9 says that it is time to recall. */
const ALPHABET = 8;
const BLANK = 8;
const DELIMITER = 9;
const TOKENS = 10;

/** Sequences are drawn when they are asked for, so they may be many. */
const SEQUENCES = { train: 100_000, test: 2000 } as const;

/** Symbols and blanks where neither the text nor the network says. */
const USUAL = { symbols: 10, blanks: 50 } as const;

/** A sequence: `symbols` that are to be kept, `blanks` − 1 times nothing, the delimiter, nothing. */
interface Lengths {
  readonly symbols: number;
  readonly blanks: number;
}

/** Where a sequence stands in the input of a network. */
interface SequenceInput {
  readonly input: ValueInfo;
  readonly batchAxis: number;
  readonly batch: number | null;
  /** `null` where the network leaves the number of steps open. */
  readonly steps: number | null;
  /** Numbers of a step, `null` for tokens. */
  readonly features: number | null;
}

const numberOf = (extent: Dimension): number | null => (typeof extent === 'number' ? extent : null);

/** The rows of an embedding that tokens pick, `null` where none is found. */
function vocabularyOf({ nodes, constants }: Graph, name: string): number | null {
  const gather = nodes.find(({ operator, inputs }) => operator === 'Gather' && inputs[1] === name);
  return gather === undefined ? null : (constants.get(gather.inputs[0])?.shape[0] ?? null);
}

function sequenceInput(graph: Graph): SequenceInput {
  const refused = (): RangeError =>
    new RangeError(
      `copy: the network must have one input, of tokens (integers [batch,steps]) or of ${TOKENS} or more numbers a step (floats [batch,steps,${TOKENS}]), got ${inputsText(graph)}`,
    );
  const [input] = graph.inputs;
  if (graph.inputs.length !== 1 || input.shape === null) throw refused();
  const dtype = input.dtype ?? 'float32';
  const batchAxis = batchAxisOf(input.shape);
  const batch = numberOf(input.shape[batchAxis]);
  const [steps = null, features = null] = input.shape
    .filter((_, axis) => axis !== batchAxis)
    .map(numberOf);
  if (isFloat(dtype)) {
    if (input.shape.length !== 3 || features === null || features < TOKENS) throw refused();
    return { input, batchAxis, batch, steps, features };
  }
  if (input.shape.length !== 2 || (dtype !== 'int64' && dtype !== 'int32')) throw refused();
  const vocabulary = vocabularyOf(graph, input.name);
  if (vocabulary !== null && vocabulary < TOKENS) {
    throw new RangeError(
      `copy: the vocabulary of ${input.name} must have at least ${TOKENS} tokens, got ${vocabulary}`,
    );
  }
  return { input, batchAxis, batch, steps, features: null };
}

/** How long the parts of a sequence are: S symbols and T blanks make T + 2 S steps. */
function lengthsOf(request: Request, steps: number | null): Lengths {
  const word = (at: number, what: string): number | null =>
    wholeWord(request, at, { what, low: 1, high: 2 ** 20 });
  const asked = [word(0, 'SYMBOLS'), word(1, 'BLANKS')];
  const most = steps === null ? USUAL.symbols : Math.floor((steps - 1) / 2);
  const symbols =
    asked[0] ?? Math.max(1, Math.min(USUAL.symbols, Math.floor((steps ?? 60) / 3), most));
  const blanks = asked[1] ?? (steps === null ? USUAL.blanks : steps - 2 * symbols);
  if (blanks < 1 || (steps !== null && blanks + 2 * symbols !== steps)) {
    throw new RangeError(
      `${request.text}: BLANKS + 2 · SYMBOLS, of at least 1 each, must be the ${steps} steps of the network, got ${symbols} symbols${asked[1] === null ? '' : ` and ${blanks} blanks`}`,
    );
  }
  return { symbols, blanks };
}

/** The axis of the examples of the output. `RangeError` unless it has scores for the 9 classes at every step. */
function outputBatchAxis(graph: Graph, steps: number): number {
  const output = graph.outputs.at(0);
  const shape = output?.shape ?? null;
  if (shape === null) return 0;
  const batchAxis = batchAxisOf(shape);
  const rest = shape.filter((_, axis) => axis !== batchAxis).map(numberOf);
  const [found, scores] = rest;
  const isFitting =
    rest.length === 2 &&
    (found === null || found === steps) &&
    (scores === null || scores > ALPHABET);
  if (isFitting) return batchAxis;
  throw new RangeError(
    `${output?.name ?? 'output'}: the shape must be [batch,${steps},${ALPHABET + 1}], with scores for the ${ALPHABET} symbols and the blank of copy at every step, got ${shapeText(shape)}`,
  );
}

/** Token and target of a step of a sequence whose symbols are drawn. */
function stepOf(
  step: number,
  { symbols, blanks }: Lengths,
  symbol: (at: number) => number,
): readonly [token: number, target: number] {
  const recall = symbols + blanks;
  const token = step < symbols ? symbol(step) : step === recall - 1 ? DELIMITER : BLANK;
  return [token, step < recall ? BLANK : symbol(step - recall)];
}

/** Three bits of a word of the stream for each symbol, sequence by sequence. */
function symbolsOf(key: Key, index: number, symbols: number): (at: number) => number {
  const words = 4 * Math.ceil(symbols / 40);
  const drawn = new Uint32Array(words);
  const block = (index * words) / 4;
  philoxBlocks(key, block % 2 ** 32, Math.floor(block / 2 ** 32), drawn);
  // A word has ten times three bits; its upper two are left.
  return (at) => (drawn[Math.floor(at / 10)] >>> (3 * (at % 10))) & 7;
}

/**
 * Copying a sequence after a pause: S symbols out of 8, T − 1 blanks, the delimiter and S blanks go in; at each step the network
 * says a blank until the delimiter, after that the S symbols in their order. Targets are classes [batch, steps], 8 the blank. Without
 * memory the best loss is `S ln 8 / (T + 2 S)`.
 * Reference: Hochreiter and Schmidhuber 1997; Arjovsky et al. 2016, section 5.1, arXiv:1511.06464
 */
export const copy: Generator = {
  name: 'copy',
  form: 'copy[:SYMBOLS[:BLANKS]]',
  description:
    'SYMBOLS out of 8 (10), a pause of BLANKS (50, or what the steps of the network leave), then the same symbols are to be said: tokens, ' +
    'or one-hot vectors for an input of floats; the output has 9 scores at every step. Arjovsky et al. 2016.',
  build: (request) => {
    const { graph, key } = request;
    const { input, batchAxis, batch, steps: fixed, features } = sequenceInput(graph);
    const lengths = lengthsOf(request, fixed);
    const { symbols, blanks } = lengths;
    const steps = blanks + 2 * symbols;
    const outputAxis = outputBatchAxis(graph, steps);
    const setOf = (split: 'train' | 'test'): LearningSet => {
      const own = fold(key, split);
      return {
        name: 'copy',
        split,
        count: SEQUENCES[split],
        target: 'class',
        classes: ['0', '1', '2', '3', '4', '5', '6', '7', 'blank'],
        batch: (indices) => {
          const count = indices.length;
          const tokens = new Float32Array(count * steps * (features ?? 1));
          const target = new BigInt64Array(count * steps);
          indices.forEach((index, b) => {
            const symbol = symbolsOf(own, index, symbols);
            for (let step = 0; step < steps; step++) {
              const [token, right] = stepOf(step, lengths, symbol);
              const at = b * steps + step;
              if (features === null) tokens[at] = token;
              else tokens[at * features + token] = 1;
              target[outputAxis === 0 ? at : step * count + b] = BigInt(right);
            }
          });
          const shape = features === null ? [steps] : [steps, features];
          const axes = { batchAxis, batch, shape };
          return {
            inputs: { [input.name]: joined(input, axes, tokens, count) },
            target: {
              dtype: 'int64',
              shape: outputAxis === 0 ? [count, steps] : [steps, count],
              data: target,
            },
          };
        },
      };
    };
    return {
      ...sharesOf(setOf('train'), key, request),
      test: setOf('test'),
      note: `${symbols} ${symbols === 1 ? 'symbol' : 'symbols'} of an alphabet of ${ALPHABET} to be said again after ${blanks} ${blanks === 1 ? 'step' : 'steps'}, ${SEQUENCES.train} sequences for training and ${SEQUENCES.test} for the test; without memory the loss is ${((symbols * Math.log(ALPHABET)) / steps).toPrecision(3)}.`,
    };
  },
};
