import type { Branch, Network, ParameterInfo } from '../../network/index.ts';
import { steady, type Advice } from '../rules/index.ts';
import { placesIn } from './parts.ts';

/** The layers of a transformer; those of a stack are none where it is not there. */
export interface Depths {
  /** Residual branches, two or three per layer. */
  readonly branches: number;
  /** Layers of the encoder, or of a network that is one stack. */
  readonly encoder: number;
  /** Layers of a decoder that reads the encoder. */
  readonly decoder: number;
}

/**
 * The layers of a transformer, counted by their attention to themselves, or where a decoder has none
 * of that, to the encoder. `RangeError` where there is no attention in a residual branch.
 */
export function transformerDepths(scheme: string, network: Network): Depths {
  const attention = new Map<Branch, boolean>();
  for (const { branch, attends } of placesIn(network).values()) {
    if (attends) attention.set(branch, branch.crosses);
  }
  if (attention.size === 0) {
    const attends = network.parameters.some(({ role }) => role.startsWith('attention_'));
    const what = attends ? 'attention outside of them' : 'no attention';
    const got = network.branches === 0 ? (attends ? 'no branches' : 'neither') : what;
    throw new RangeError(
      `${scheme}: the network must be a transformer, with attention in residual branches, got ${got}`,
    );
  }
  const count = (isDecoder: boolean): number => {
    const own = [...attention].filter(([{ stack }]) => (stack === 'decoder') === isDecoder);
    const [crossing, plain] = [true, false].map(
      (crosses) => own.filter(([, isCross]) => isCross === crosses).length,
    );
    return Math.max(crossing, plain);
  };
  return { branches: network.branches, encoder: count(false), decoder: count(true) };
}

/** Whether a parameter projects queries or keys alone, which add nothing to the stream by themselves. */
export function isScore({ role }: ParameterInfo): boolean {
  return role === 'attention_query' || role === 'attention_key';
}

/**
 * A scheme times `factor` for what adds to the stream (values, outputs, dense layers), as it is for
 * queries and keys, packed or not.
 */
export function scaledByPart(
  scheme: string,
  parameter: ParameterInfo,
  factor: number,
): Pick<Advice, 'scheme' | 'options' | 'blockChoices'> {
  const plain = { scheme, options: {} };
  const scaled = { scheme, options: { gain: steady(factor) } };
  if (isScore(parameter)) return plain;
  if (parameter.role !== 'attention_packed') return scaled;
  const values = parameter.blocks.filter(({ name }) => name.split('/')[0] === 'value');
  return { ...plain, blockChoices: Object.fromEntries(values.map(({ name }) => [name, scaled])) };
}
