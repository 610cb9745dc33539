import { configureGlobal } from 'fast-check';

/** Property tests draw the same cases in every run; FC_SEED draws others. */
configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_260_000) });
