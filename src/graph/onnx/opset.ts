import type { ModelProto, OperatorSetIdProto } from 'onnx-buf';
import { quoted } from './wording.ts';

/** The oldest standard operator set that onnxruntime promises to run. */
export const oldestOpset = 7;

/** The newest standard operator set that onnxruntime 1.30 loads. */
export const newestOpset = 26;

/** The newest version of the file format that onnxruntime 1.30 loads. */
export const newestIrVersion = 13;

/** A domain as `Node` has it: the standard operators' two names are one. */
export function domainOf(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function checkedImports(
  imports: readonly OperatorSetIdProto[],
  where: string,
): Record<string, number> {
  const opsets: Record<string, number> = {};
  for (const { domain, version } of imports) {
    const name = domainOf(domain);
    const known = version >= oldestOpset && version <= newestOpset;
    if (name === '' && !known) {
      throw new RangeError(
        `${where}: the opset must be ${oldestOpset} to ${newestOpset}, got ${version}`,
      );
    }
    Object.defineProperty(opsets, name, {
      value: Number(version),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return opsets;
}

/**
 * The operator sets of a model by domain. `RangeError` where the file format, or the standard operators
 * of the model or of one of its functions, are of a version that onnxruntime does not run.
 */
export function opsetsOf(proto: ModelProto, file: string): Readonly<Record<string, number>> {
  const { irVersion, opsetImport, graph, functions } = proto;
  if (irVersion < 1n || irVersion > newestIrVersion) {
    throw new RangeError(
      `${file}: ir_version must be 1 to ${newestIrVersion}, got ${irVersion === 0n ? 'none' : irVersion}`,
    );
  }
  const opsets = checkedImports(opsetImport, file);
  if (opsets[''] === undefined && graph?.node.some((node) => domainOf(node.domain) === '')) {
    throw new RangeError(
      `${file}: the opset must be ${oldestOpset} to ${newestOpset}, got none for the standard operators`,
    );
  }
  for (const { name, opsetImport: imports } of functions) {
    checkedImports(imports, `${file}: function ${quoted(name)}`);
  }
  return opsets;
}
