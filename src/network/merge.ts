import type { Graph } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import type { Claim } from './claims.ts';
import type { Block, ParameterInfo, Role } from './parameter.ts';

/** A role that says what to do weighs more than one that says to leave the tensor alone. */
const weak = (role: Role): boolean => role === 'constant' || role === 'unknown';

/** One claim on each stored float tensor, in the order of first use, with the number of uses. */
export function mergeClaims(
  graph: Graph,
  claims: readonly Claim[],
): { readonly claim: Claim; readonly uses: number }[] {
  const all = new Map<string, { claim: Claim; uses: number }>();
  for (const claim of claims) {
    const constant = graph.constants.get(claim.parameter);
    if (constant === undefined || !isFloat(constant.dtype)) continue;
    const known = all.get(claim.parameter);
    if (known === undefined) all.set(claim.parameter, { claim, uses: 1 });
    else {
      all.set(claim.parameter, { claim: together(known.claim, claim), uses: known.uses + 1 });
    }
  }
  return [...all.values()];
}

function together(known: Claim, claim: Claim): Claim {
  if (weak(known.role) && !weak(claim.role)) return claim;
  if (known.role === claim.role || !isProjection(known.role) || !isProjection(claim.role)) {
    return known;
  }
  const boxes = new Map(
    [...blocksOf(known), ...blocksOf(claim)].map((block) => [block.name, block]),
  );
  return { ...known, role: 'attention_packed', blocks: [...boxes.values()] };
}

const isProjection = (role: Role): boolean =>
  role.startsWith('attention_') && role !== 'attention_output';

/** The boxes of a claim, or the one box of a tensor that holds several projections. */
function blocksOf({ role, blocks, box, fanIn, fanOut }: Claim): readonly Block[] {
  if (blocks.length > 0 || box === null) return blocks;
  const name = role.slice('attention_'.length);
  return [{ name, ...box, fanIn: fanIn ?? 1, fanOut: fanOut ?? 1 }];
}

/** One entry per stored tensor of a graph and of the bodies inside it, the uses added up. */
export function mergeParameters(lists: readonly (readonly ParameterInfo[])[]): ParameterInfo[] {
  const all = new Map<string, ParameterInfo>();
  for (const info of lists.flat()) {
    const known = all.get(info.name);
    const uses = (known?.uses ?? 0) + info.uses;
    const isBetter = known === undefined || (weak(known.role) && !weak(info.role));
    all.set(info.name, { ...(isBetter ? info : known), uses });
  }
  return [...all.values()];
}
