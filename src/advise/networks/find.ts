import { schemeAliases, schemes, scheme, unknownScheme, type Scheme } from '../../init/index.ts';
import type { NetworkScheme } from './network-scheme.ts';
import { networkAliases, networkSchemes } from './schemes.ts';

const byName = new Map(networkSchemes.map((known) => [known.name, known]));

/** Whether a scheme is planned over a whole network rather than drawn for one tensor. */
export function isNetworkScheme(found: Scheme | NetworkScheme): found is NetworkScheme {
  return 'plan' in found;
}

/**
 * The scheme of this name or alias, of a network first where both kinds have one; `RangeError` with
 * the nearest name of either kind if there is none.
 */
export function anyScheme(name: string): Scheme | NetworkScheme {
  const own = Object.hasOwn(networkAliases, name) ? networkAliases[name] : name;
  return byName.get(own) ?? tensorScheme(name);
}

/**
 * The scheme of this name for one tensor, asked for by `where`; `RangeError` with the nearest name
 * of either kind if there is none, and where it is planned over a network.
 */
export function tensorSchemeFor(where: string, name: string): Scheme {
  if (Object.hasOwn(schemeAliases, name) || schemes.some((known) => known.name === name)) {
    return scheme(name);
  }
  const found = anyScheme(name);
  throw new RangeError(
    `${where}: scheme must be one for a single tensor, got ${found.name}, which is planned over a whole network and taken by init --scheme ${found.name}`,
  );
}

function tensorScheme(name: string): Scheme {
  const aliases = Object.keys(schemeAliases);
  const names = schemes.map((known) => known.name);
  if (names.includes(name) || aliases.includes(name)) return scheme(name);
  throw unknownScheme(name, [
    ...names,
    ...aliases,
    ...byName.keys(),
    ...Object.keys(networkAliases),
  ]);
}
