import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** As far as it is used: the package's own types change those of the language for the whole project. */
interface Compiler {
  readonly main: (
    args: readonly string[],
    files: {
      readonly readFile: (name: string, base: string) => string | null;
      readonly writeFile: (name: string, contents: Uint8Array | string) => void;
    },
  ) => Promise<{
    readonly error: Error | null;
    readonly stderr: { readonly toString: () => string };
  }>;
}

const COMPILER: string = 'assemblyscript/asc';

/** The WebAssembly module that AssemblyScript makes of `index.ts` and what it imports. */
export async function compileKernels(): Promise<Uint8Array> {
  let binary: Uint8Array | null = null;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see Compiler
  const { main } = (await import(COMPILER)) as Compiler;
  const { error, stderr } = await main(
    [
      'kernels/index.ts',
      '--outFile=kernels.wasm',
      '-O3',
      '--converge',
      '--runtime=stub',
      '--noAssert',
      '--enable=simd',
      '--enable=relaxed-simd',
      '--disableWarning=112',
    ],
    {
      readFile: (name, base) => {
        try {
          return readFileSync(resolve(import.meta.dirname, base, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => {
        if (name === 'kernels.wasm' && typeof contents !== 'string') binary = contents;
      },
    },
  );
  if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
  if (binary === null) throw new Error('assemblyscript: there must be a module, got none');
  return binary;
}
