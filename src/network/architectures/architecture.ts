import type { Graph } from '../../graph/index.ts';
import type { ArchitectureText } from './text.ts';

/** A family of networks that a line of text describes, such as `mlp:784-512x10-10:relu`. */
export interface Architecture {
  readonly name: string;
  /** `mlp:INPUT-WIDTH[xCOUNT]-…-OUTPUT[:ACTIVATION]`: capitals are to be replaced, brackets may be left out. */
  readonly grammar: string;
  /** What the network is and what its words mean, in a few sentences. */
  readonly description: string;
  /** Texts that build. */
  readonly examples: readonly string[];
  /** The text that the bare name stands for; also the sizes where only words are given. */
  readonly defaults: string;
  /** Builds the network; parameters are 0, normalisation scales and variances 1. `RangeError` for a bad text. */
  readonly build: (spec: ArchitectureText) => Graph;
}
