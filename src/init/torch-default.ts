import { badGain, define } from './define.ts';
import { badFan } from './fan.ts';
import type { Scheme, Spec } from './initializer.ts';
import { tensorOfStream } from './tensor.ts';

function boundOf({ fanIn }: Spec, { gain }: { readonly gain: number }): number {
  return gain / Math.sqrt(fanIn);
}

/** `w ~ U(-b, b)`, `b = gain / √fan_in`: what PyTorch's Linear and Conv begin with. */
export const torchDefault: Scheme = define({
  name: 'torch_default',
  formula: 'w ~ U(-b, b), b = gain / √fan_in, σ² = gain² / (3 fan_in)',
  use: 'to begin as a PyTorch layer does that nobody initialised; each ReLU layer then keeps 1/6 of the signal',
  reference: 'LeCun et al. 1998, Efficient BackProp; PyTorch, nn.Linear and nn.Conv2d',
  options: { gain: 1 },
  problem: badGain,
  undefinedFor: (spec) => badFan(spec, 'fan_in'),
  std: (spec, options) => boundOf(spec, options) / Math.sqrt(3),
  bound: boundOf,
  draw: (key, spec, options, kernels) => {
    const bound = boundOf(spec, options);
    return tensorOfStream(spec, kernels, (out, offset) =>
      kernels.uniform(key, out, -bound, bound, offset),
    );
  },
});
