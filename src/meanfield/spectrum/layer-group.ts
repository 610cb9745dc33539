import type { SlopeLaw } from './slope-law.ts';

/** Layers of a chain that have the same law of slopes: `count` of them, with so many of Gaussian weights. */
export interface LayerGroup {
  readonly law: SlopeLaw;
  readonly count: number;
  readonly gaussian: number;
}
