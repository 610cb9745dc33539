import type { Kernels } from '../src/random/index.ts';

/** What a figure makes: its pictures by file name, and the measured part of its section. */
export interface Evidence {
  readonly images: ReadonlyMap<string, string>;
  readonly text: string;
}

/** How a figure is made. */
export interface EvidenceRun {
  readonly kernels: Kernels;
  /** Called as the work goes on. */
  readonly says: (what: string) => void;
}
