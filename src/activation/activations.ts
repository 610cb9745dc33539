import { abs } from './abs.ts';
import type { Activation } from './activation.ts';
import { arctan } from './arctan.ts';
import { celu } from './celu.ts';
import { elu } from './elu.ts';
import { erf } from './erf.ts';
import { gelu } from './gelu.ts';
import { geluTanh } from './gelu-tanh.ts';
import { hardSigmoid } from './hard-sigmoid.ts';
import { hardSwish } from './hard-swish.ts';
import { hardTanh } from './hard-tanh.ts';
import { leakyRelu } from './leaky-relu.ts';
import { linear } from './linear.ts';
import { mish } from './mish.ts';
import { prelu } from './prelu.ts';
import { relu } from './relu.ts';
import { relu6 } from './relu6.ts';
import { selu } from './selu.ts';
import { sigmoid } from './sigmoid.ts';
import { sign } from './sign.ts';
import { silu } from './silu.ts';
import { sin } from './sin.ts';
import { softplus } from './softplus.ts';
import { softsign } from './softsign.ts';
import { tanh } from './tanh.ts';

/** Every activation; the parametric ones with their defaults. */
export const activations: readonly Activation[] = [
  linear,
  relu,
  leakyRelu(),
  prelu(),
  relu6,
  tanh,
  sigmoid,
  hardTanh,
  hardSigmoid(),
  hardSwish,
  erf,
  arctan,
  softsign,
  softplus,
  elu(),
  celu(),
  selu,
  gelu,
  geluTanh,
  silu,
  mish,
  sin,
  abs,
  sign,
];
