import type { Graph, Node } from '../../graph/index.ts';
import type { Signal, State } from '../predict/state.ts';
import type { Transfer } from '../predict/transfer.ts';
import { responseOf, type Response } from './response.ts';
import type { Sketch } from './sketch.ts';
import { unitNoise, type Noise, type UnitNoise } from './unit-noise.ts';

/** What does not depend on the number of examples, found once for each value. */
export interface Findings {
  readonly response: (state: Signal) => Response;
  readonly unit: (state: Signal) => UnitNoise;
}

/** How a graph is gone through. */
export interface Course {
  readonly graph: Graph;
  readonly states: ReadonlyMap<string, State>;
  readonly isStored: (value: string) => boolean;
  /** The node that makes a value. */
  readonly producer: (value: string) => Node | undefined;
  /** The shape of the weight of a linear map; `null` of other nodes. */
  readonly weightOf: (node: Node) => readonly number[] | null;
  /** The share of the inner products of its inputs that the weight of a linear node keeps: 1 of an orthogonal square one. */
  readonly kept: (node: Node, isBackward: boolean) => number;
  readonly findings: Findings;
}

/** Of what the means are taken. */
export interface Pass {
  readonly sketch: Sketch;
  /** Examples of a mean. */
  readonly examples: number;
  /** How one example and a pair of them vary, which bends the means; `null` on the way there. */
  readonly few: Few | null;
}

/** How one example and a pair of examples vary at one position: by what was drawn before a value, or all of it. */
export type Few = (
  value: string,
  isWhole: boolean,
) => { readonly one: Noise; readonly pair: Noise } | null;

/** What responses and noises have been found, by the source and function of a value. */
export function findingsOf(): Findings {
  const responses = new Map<object, Map<Transfer, Response>>();
  const units = new Map<object, Map<Transfer, UnitNoise>>();
  const once = <Result>(
    known: Map<object, Map<Transfer, Result>>,
    { source, transfer }: Signal,
    find: () => Result,
  ): Result => {
    const own = known.get(source) ?? new Map<Transfer, Result>();
    known.set(source, own);
    const before = own.get(transfer);
    if (before !== undefined) return before;
    const found = find();
    own.set(transfer, found);
    return found;
  };
  return {
    response: (state) =>
      once(responses, state, () => responseOf(state.transfer, state.source.moments)),
    unit: (state) => once(units, state, () => unitNoise(state.transfer, state.source.moments)),
  };
}
