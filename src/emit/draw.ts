import { scheme, type Options, type Spec } from '../init/index.ts';

/**
 * What one tensor gets, in words that every framework has. `stored` is a scheme that they do not have:
 * its values come from a file that StepZero writes.
 */
export type Draw =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly std: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  /** A normal of standard deviation `parent` about `mean`, cut at `cut` times `parent` on both sides. */
  | {
      readonly kind: 'truncated';
      readonly mean: number;
      readonly parent: number;
      readonly cut: number;
    }
  | { readonly kind: 'orthogonal'; readonly gain: number }
  | { readonly kind: 'delta_orthogonal'; readonly gain: number }
  | { readonly kind: 'identity'; readonly gain: number }
  | { readonly kind: 'dirac'; readonly gain: number }
  | { readonly kind: 'stored'; readonly scheme: string };

/** A draw with the scheme that it is, all options told, and its standard deviation. */
export interface Chosen {
  readonly draw: Draw;
  readonly scheme: string;
  readonly options: Options;
  readonly std: number;
}

/** What is known of a scheme's choice: the numbers that it promises and its options. */
interface Facts {
  readonly options: Options;
  readonly std: number;
  readonly bound: number | null;
}

const number = ({ options }: Facts, option: string): number => Number(options[option]);

/** A law of mean 0 by the name of its distribution; normals that are cut are cut at 2. */
function centred(distribution: string, { std, bound }: Facts): Draw {
  if (distribution === 'normal') return { kind: 'normal', mean: 0, std };
  return distribution === 'uniform'
    ? { kind: 'uniform', low: -(bound ?? 0), high: bound ?? 0 }
    : { kind: 'truncated', mean: 0, parent: (bound ?? 0) / 2, cut: 2 };
}

const DRAWS: Readonly<Record<string, (facts: Facts) => Draw | null>> = {
  zeros: () => ({ kind: 'constant', value: 0 }),
  ones: () => ({ kind: 'constant', value: 1 }),
  constant: (facts) => ({ kind: 'constant', value: number(facts, 'value') }),
  uniform: (facts) => ({ kind: 'uniform', low: number(facts, 'low'), high: number(facts, 'high') }),
  normal: (facts) => ({ kind: 'normal', mean: number(facts, 'mean'), std: facts.std }),
  truncated_normal: (facts) => {
    const [low, high] = [number(facts, 'low'), number(facts, 'high')];
    if (low !== -high || facts.bound === null) return null;
    return {
      kind: 'truncated',
      mean: number(facts, 'mean'),
      parent: facts.bound / high,
      cut: high,
    };
  },
  variance_scaling: (facts) => centred(String(facts.options['distribution']), facts),
  glorot_normal: (facts) => centred('normal', facts),
  glorot_uniform: (facts) => centred('uniform', facts),
  he_normal: (facts) => centred('normal', facts),
  he_uniform: (facts) => centred('uniform', facts),
  lecun_normal: (facts) => centred('normal', facts),
  lecun_uniform: (facts) => centred('uniform', facts),
  siren: (facts) => centred('uniform', facts),
  torch_default: (facts) => centred('uniform', facts),
  orthogonal: ({ bound }) => ({ kind: 'orthogonal', gain: bound ?? 1 }),
  scaled_orthogonal: ({ bound }) => ({ kind: 'orthogonal', gain: bound ?? 1 }),
  delta_orthogonal: ({ bound }) => ({ kind: 'delta_orthogonal', gain: bound ?? 1 }),
  identity: (facts) => ({ kind: 'identity', gain: number(facts, 'gain') }),
  dirac: (facts) => ({ kind: 'dirac', gain: number(facts, 'gain') }),
};

/** The draw that a scheme with these options is for a tensor. Throws what the scheme throws. */
export function drawOf(name: string, given: Options, spec: Spec): Chosen {
  const record = scheme(name);
  const options = record.accept(given);
  const std = record.std(spec, options);
  const facts = { options, std, bound: record.bound(spec, options) };
  const draw = (Object.hasOwn(DRAWS, record.name) ? DRAWS[record.name](facts) : null) ?? {
    kind: 'stored',
    scheme: record.name,
  };
  return { draw, scheme: record.name, options, std };
}

/** Whether all elements are drawn alike and by themselves, so that parts of equal draws are one draw. */
export function isElementwise({ kind }: Draw): boolean {
  return kind === 'constant' || kind === 'normal' || kind === 'uniform' || kind === 'truncated';
}
