import type { ImageSet, Split } from '../src/data/index.ts';
import type { Kernels } from '../src/random/index.ts';

/** What a figure makes: its pictures by file name, and the measured part of its section. */
export interface Evidence {
  readonly images: ReadonlyMap<string, string>;
  readonly text: string;
  /** Processor time of runs that were kept from before, in seconds; none if not given. */
  readonly earlierSeconds?: number;
}

/** How a figure is made. */
export interface EvidenceRun {
  readonly kernels: Kernels;
  /** Called as the work goes on. */
  readonly says: (what: string) => void;
  /** A part of a data set. `Error` where its files are not there. */
  readonly images: (name: 'mnist' | 'cifar10', split: Split) => ImageSet;
}
