import { resolve } from 'node:path';
import { configureGlobal } from 'fast-check';

/** Property tests draw the same cases in every run; FC_SEED draws others. */
configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_260_000) });

/** Commands that tests start keep their compiled sources, which takes half of their time away. */
process.env['NODE_COMPILE_CACHE'] ??= resolve(
  import.meta.dirname,
  '../node_modules/.cache/stepzero-compiled',
);
