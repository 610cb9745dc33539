import { closest } from 'fastest-levenshtein';
import { bilinear } from './bilinear.ts';
import { chronoBias } from './chrono.ts';
import { constant, ones, zeros } from './constant.ts';
import { glorotNormal, glorotTruncatedNormal, glorotUniform } from './glorot.ts';
import { hadamard } from './hadamard.ts';
import { heNormal, heTruncatedNormal, heUniform } from './he.ts';
import { hippo } from './hippo.ts';
import { icnr } from './icnr.ts';
import { convOrthogonal } from './conv-orthogonal.ts';
import { dirac, identity } from './identity.ts';
import type { Scheme } from './initializer.ts';
import { lecunNormal, lecunTruncatedNormal, lecunUniform } from './lecun.ts';
import { looksLinear } from './looks-linear.ts';
import { mimetic } from './mimetic.ts';
import { deltaOrthogonal, orthogonal, scaledOrthogonal } from './orthogonal.ts';
import { normal, truncatedNormal, uniform } from './random.ts';
import { siren } from './siren.ts';
import { sparse, sparseMartens } from './sparse.ts';
import { spectral } from './spectral.ts';
import { stft } from './stft.ts';
import { torchDefault } from './torch-default.ts';
import { specialOrthogonal } from './special-orthogonal.ts';
import { varianceScaling } from './variance-scaling.ts';
import { zero } from './zero.ts';

/** Every initializer, in the order in which they are listed. */
export const schemes: readonly Scheme[] = [
  zeros,
  ones,
  constant,
  uniform,
  normal,
  truncatedNormal,
  varianceScaling,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  orthogonal,
  scaledOrthogonal,
  deltaOrthogonal,
  convOrthogonal,
  specialOrthogonal,
  identity,
  dirac,
  chronoBias,
  mimetic,
  glorotTruncatedNormal,
  heTruncatedNormal,
  lecunTruncatedNormal,
  torchDefault,
  siren,
  sparse,
  sparseMartens,
  spectral,
  hadamard,
  zero,
  looksLinear,
  icnr,
  bilinear,
  stft,
  hippo,
];

/** Other names of schemes that are in use. */
export const schemeAliases: Readonly<Record<string, string>> = {
  xavier_normal: 'glorot_normal',
  xavier_uniform: 'glorot_uniform',
  kaiming_normal: 'he_normal',
  kaiming_uniform: 'he_uniform',
};

const byName = new Map(schemes.map((known) => [known.name, known]));

/** The scheme of this name or alias; `RangeError` with the nearest name if there is none. */
export function scheme(name: string): Scheme {
  const own = Object.hasOwn(schemeAliases, name) ? schemeAliases[name] : name;
  const found = byName.get(own);
  if (found !== undefined) return found;
  throw unknownScheme(name, [...byName.keys(), ...Object.keys(schemeAliases)]);
}

/** The error for a name that none of these is, with the nearest of them. */
export function unknownScheme(name: string, known: readonly string[]): RangeError {
  const like = closest(name, known);
  return new RangeError(
    `scheme: name must be one that "stepzero schemes" lists, such as ${like}, got ${JSON.stringify(name)}`,
  );
}
