/**
 * Runs every command of docs/theory.md and puts what it prints below it: in each block fenced as
 * `console`, the lines that begin with `$ stepzero` are run from the root of the project, pictures and
 * all. `--check` writes nothing and exits with 1 where the document says something else.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const document = join(root, 'docs/theory.md');

/** The words of a command line: separated by spaces, single quotes around what has some. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

/** Everything that a block shows: its commands, each with what it prints. */
export function rerun(block: string, run: (words: readonly string[]) => string): string {
  const commands = block.split('\n').filter((line) => line.startsWith('$ '));
  return commands.map((line) => `${line}\n${run(wordsOf(line.slice(2)).slice(1))}`).join('\n');
}

/** The document with every block run again. */
export function refreshed(text: string, run: (words: readonly string[]) => string): string {
  return text.replaceAll(
    /(```console\n)([^]*?)(```)/g,
    (_, open: string, block: string, close: string) => `${open}${rerun(block, run)}${close}`,
  );
}

/** What a command prints; run from source, as its users would see it. */
export function printed(words: readonly string[]): string {
  return execFileSync(process.execPath, [join(root, 'src/cli/main.ts'), ...words], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

if (process.argv[1] === import.meta.filename) {
  const before = readFileSync(document, 'utf8');
  const after = refreshed(before, printed);
  if (!process.argv.includes('--check')) writeFileSync(document, after);
  else if (after !== before) process.exitCode = 1;
}
