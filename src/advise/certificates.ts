import { certificateCost, certify, type Certificate, type CertifyOptions } from '../init/index.ts';
import type { Network } from '../network/index.ts';
import { sizeOf, stridesOf, type FloatDType, type Tensor } from '../tensor/index.ts';
import type { Choice, Plan, PlannedBlock } from './plan.ts';
import { specOfParameter } from './spec.ts';

/** The certificate of a parameter, or of one block of it. */
export interface PlanCertificate extends Choice, Certificate {
  readonly name: string;
  /** The gate or projection, `null` if the tensor is one map. */
  readonly block: string | null;
}

/** What was certified, and the parameters that were left out because that would have taken too long. */
export interface PlanCertificates {
  readonly certificates: readonly PlanCertificate[];
  readonly left: readonly string[];
}

/** The schemes that promise singular values, and of what. */
const PROMISES: Readonly<Record<string, 'matrix' | 'convolution'>> = {
  orthogonal: 'matrix',
  scaled_orthogonal: 'matrix',
  special_orthogonal: 'matrix',
  spectral: 'matrix',
  hadamard: 'matrix',
  delta_orthogonal: 'convolution',
  conv_orthogonal: 'convolution',
};

/** Operations for all parameters together: about 0.3 seconds. */
const BUDGET = 4e8;
/** Operations up to which all singular values of a parameter are computed. */
const EXACT_COST = 2e6;

interface Part {
  readonly name: string;
  readonly block: PlannedBlock | null;
  readonly choice: Choice;
  readonly options: CertifyOptions;
  readonly cost: number;
}

/**
 * Certificates of the drawn values of every parameter and block whose scheme promises singular values, in
 * the order of the plan. Where all would take too long the cheapest are certified.
 */
export function certifyPlan(
  plan: Plan,
  network: Network,
  draws: ReadonlyMap<string, () => Tensor<FloatDType>>,
  budget: number = BUDGET,
): PlanCertificates {
  const infos = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  const parts: Part[] = [];
  for (const entry of plan.parameters) {
    const info = infos.get(entry.name);
    if (info === undefined || !draws.has(entry.name) || sizeOf(entry.shape) === 0) continue;
    for (const block of entry.blocks.length === 0 ? [null] : entry.blocks) {
      const choice = block ?? entry;
      if (!Object.hasOwn(PROMISES, choice.scheme)) continue;
      const options = { of: PROMISES[choice.scheme], exactCost: EXACT_COST };
      const cost = certificateCost(specOfParameter(info, block ?? undefined), options);
      parts.push({ name: entry.name, block, choice, options, cost });
    }
  }
  const within = cheapest(parts, budget);
  const left = new Set(parts.filter((part) => !within.has(part)).map(({ name }) => name));
  const tensors = new Map<string, Tensor<FloatDType>>();
  const certificates = parts.flatMap((part): PlanCertificate[] => {
    const info = infos.get(part.name);
    const draw = draws.get(part.name);
    if (!within.has(part) || info === undefined || draw === undefined) return [];
    const { name, block, choice, options } = part;
    if (!tensors.has(name)) {
      tensors.clear();
      tensors.set(name, draw());
    }
    const whole = tensors.get(name) ?? draw();
    const tensor = block === null ? whole : cut(whole, block);
    const spec = specOfParameter(info, block ?? undefined);
    const certificate = certify(tensor, spec, options);
    return [
      {
        name,
        block: block?.name ?? null,
        scheme: choice.scheme,
        options: choice.options,
        ...certificate,
      },
    ];
  });
  return { certificates, left: [...left] };
}

/** As many parts as the budget holds, the cheapest first. */
function cheapest(parts: readonly Part[], budget: number): ReadonlySet<Part> {
  const within = new Set<Part>();
  let spent = 0;
  for (const part of [...parts].sort((a, b) => a.cost - b.cost)) {
    spent += part.cost;
    if (spent > budget) break;
    within.add(part);
  }
  return within;
}

/** The elements of a block, in the order of storage. */
function cut({ dtype, shape, data }: Tensor<FloatDType>, block: PlannedBlock): Tensor<FloatDType> {
  const strides = stridesOf(shape);
  const own = stridesOf(block.shape);
  const indices = Uint32Array.from({ length: sizeOf(block.shape) }, (_, flat) =>
    block.shape.reduce(
      (sum, extent, axis) =>
        sum + (block.start[axis] + (Math.floor(flat / own[axis]) % extent)) * strides[axis],
      0,
    ),
  );
  const part = data.slice(0, indices.length);
  for (let i = 0; i < indices.length; i++) part[i] = data[indices[i]];
  return { dtype, shape: block.shape, data: part };
}
