import { bert } from './bert.ts';
import { chrono } from './chrono.ts';
import { deepnet } from './deepnet.ts';
import { flaxDefault } from './flax-default.ts';
import { fixup } from './fixup.ts';
import { gpt2 } from './gpt2.ts';
import { identityRnn } from './identity-rnn.ts';
import { layerScale } from './layer-scale.ts';
import { looksLinear } from './looks-linear.ts';
import { mimetic } from './mimetic.ts';
import { mup } from './mup.ts';
import type { NetworkScheme } from './network-scheme.ts';
import { rezero, zeroGamma } from './rezero.ts';
import { smallInit } from './small-init.ts';
import { tFixup } from './t-fixup.ts';
import { zeroNetwork } from './zero.ts';

/** Every scheme that is planned over a whole network, in the order in which they are listed. */
export const networkSchemes: readonly NetworkScheme[] = [
  fixup,
  rezero,
  zeroGamma,
  layerScale,
  zeroNetwork,
  tFixup,
  deepnet,
  gpt2,
  bert,
  smallInit,
  chrono,
  identityRnn,
  mimetic,
  mup,
  flaxDefault,
  looksLinear,
];

/** Other names of network schemes that are in use. */
export const networkAliases: Readonly<Record<string, string>> = { skipinit: 'rezero' };
