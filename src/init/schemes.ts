import { closest } from 'fastest-levenshtein';
import { constant, ones, zeros } from './constant.ts';
import { convOrthogonal } from './conv-orthogonal.ts';
import { glorotNormal, glorotUniform } from './glorot.ts';
import { heNormal, heUniform } from './he.ts';
import { dirac, identity } from './identity.ts';
import type { Scheme } from './initializer.ts';
import { lecunNormal, lecunUniform } from './lecun.ts';
import { deltaOrthogonal, orthogonal, scaledOrthogonal } from './orthogonal.ts';
import { normal, truncatedNormal, uniform } from './random.ts';
import { specialOrthogonal } from './special-orthogonal.ts';
import { varianceScaling } from './variance-scaling.ts';

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
  const like = closest(name, [...byName.keys(), ...Object.keys(schemeAliases)]);
  throw new RangeError(
    `scheme: name must be one that "stepzero schemes" lists, such as ${like}, got ${JSON.stringify(name)}`,
  );
}
