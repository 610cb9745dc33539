/**
 * Compiles the kernels in kernels/ with AssemblyScript and writes them, as base64, to
 * `src/random/wasm-bytes.ts`: a module that every bundler and engine can load. `npm run build:kernels`.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compileKernels } from './compile.ts';

const bytes = await compileKernels();
const lines =
  Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,92}/g) ?? [];
const text = `// Made by \`npm run build:kernels\` from assembly/kernels/; not to be edited.

/** The kernels as a WebAssembly module (SIMD and relaxed SIMD), in base64. */
export const WASM_BYTES: string = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
writeFileSync(resolve(import.meta.dirname, '../src/random/wasm-bytes.ts'), text);
console.log(`src/random/wasm-bytes.ts: ${bytes.length} bytes of WebAssembly`);
