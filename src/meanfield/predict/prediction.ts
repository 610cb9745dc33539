/** How the elements of a stored tensor, or of one block of it, are distributed. */
export interface Law {
  readonly mean: number;
  readonly variance: number;
  /**
   * Why independent elements of this mean and variance are not the whole truth, in a clause such as
   * `mirrored halves are not independent`; `null` where they are, orthogonal weights in the wide limit included.
   */
  readonly caveat: string | null;
  /** Whether all taps of a kernel but the centre are zero, so that a border takes nothing away. */
  readonly centre?: boolean;
  /** Whether rows or columns are orthonormal up to a factor, for each tap but a centre of zeros: it keeps inner products. */
  readonly isOrthogonal?: boolean;
}

/** The law of a stored tensor by its name; of one block (gate, projection) of it where one is named. */
export type Laws = (parameter: string, block?: string) => Law | null;

/** What is predicted of one value of the network; named as in the file, as measured rows are. */
export interface PredictedLayer {
  readonly name: string;
  readonly op: string;
  /** Second moment `E x²` over units and weights, `null` where it is not known. */
  readonly q: number | null;
  /** Mean, `E x`. */
  readonly mean: number | null;
  /** Correlation `E x x' / E x²` of the same unit for two inputs. */
  readonly c: number | null;
  /** Second moment of the gradient with respect to this value, per element, relative to that at the output. */
  readonly gradient: number | null;
  /** Factor on the second moment of gradients on the way back over this layer; `null` where it makes no sense. */
  readonly chi: number | null;
  /** Whether q and c are known: false from the first operator without a rule on. */
  readonly known: boolean;
  /** The approximation that was made here, or why nothing is known; else `null`. */
  readonly note: string | null;
}

/** What becomes of the gradients, or of the signal, over the whole network. */
export type NetworkPhase = 'critical' | 'vanishing' | 'exploding' | 'unknown';

/** The prediction of a network in the wide limit. */
export interface Prediction {
  readonly version: 1;
  readonly model: string;
  /** In graph order: linear maps, activations, normalisations, sums, softmax, pooling, embeddings. */
  readonly layers: readonly PredictedLayer[];
  /** Weighted layers on the longest path. */
  readonly depth: number;
  readonly phase: NetworkPhase;
  /** Layers over which what changes fastest (signal, gradient, correlation) changes by e; `null` if it does not change. */
  readonly depthScale: number | null;
  /** By how much the gradient's second moment grows from the output to the first layer. */
  readonly gradientFactor: number | null;
  /** The layer where it goes wrong first, `null` where nothing does. */
  readonly where: string | null;
  /** What to change, in a sentence; `null` where nothing has to. */
  readonly change: string | null;
  /** What becomes of the network, in one or two sentences with numbers. */
  readonly verdict: string;
}
