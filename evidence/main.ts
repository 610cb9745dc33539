/**
 * The figures of the papers, theory beside measurement: `npm run evidence -- saxe`, or another of the names below, or all of
 * them without a name. Data are read from data/mnist and data/cifar10, or from elsewhere with `mnist:DIR`, `cifar10:DIR`. Writes
 * docs/images/evidence-*.svg and the measured part of each section of docs/evidence.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { readDataSet } from '../src/files/index.ts';
import { openThreads } from '../src/threads/index.ts';
import { balduzzi } from './balduzzi.ts';
import { deepCnn } from './deep-cnn.ts';
import { learningRates } from './learning-rates.ts';
import { learningTime } from './learning-time.ts';
import { looksLinear } from './looks-linear.ts';
import { pennington } from './pennington.ts';
import { recurrentMemory } from './recurrent-memory.ts';
import { resnetSchemes } from './resnet-schemes.ts';
import type { Evidence, EvidenceRun } from './run.ts';
import { saxe } from './saxe.ts';
import { withSection } from './section.ts';
import { trainability } from './trainability.ts';

const root = resolve(import.meta.dirname, '..');
const document = join(root, 'docs/evidence.md');

const figures: Readonly<Record<string, (run: EvidenceRun) => Promise<Evidence>>> = {
  saxe,
  pennington,
  balduzzi,
  'learning-time': learningTime,
  trainability,
  'learning-rates': learningRates,
  'deep-cnn': deepCnn,
  'looks-linear': looksLinear,
  'recurrent-memory': recurrentMemory,
  'resnet-schemes': resnetSchemes,
};

const args = process.argv.slice(2);
const asked = args.filter((arg) => !arg.includes(':'));
const folders = args.filter((arg) => arg.includes(':'));
const images: EvidenceRun['images'] = (name, split) =>
  readDataSet(
    folders.find((text) => text.startsWith(`${name}:`)) ?? `${name}:${join(root, 'data', name)}`,
    split,
  );
const names = asked.length === 0 ? Object.keys(figures) : asked;
const wrong = names.find((name) => !Object.hasOwn(figures, name));
if (wrong !== undefined) {
  process.stderr.write(
    `evidence: a figure must be one of ${Object.keys(figures).join(', ')}, got ${wrong}\n`,
  );
  process.exit(2);
}

const threads = openThreads();
try {
  for (const name of names) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    const says = (what: string): void => {
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      process.stderr.write(`${name}: ${what} (${seconds} s)\n`);
    };
    const made = await figures[name]({ kernels: threads.kernels, says, images });
    for (const [file, svg] of made.images) writeFileSync(join(root, 'docs/images', file), svg);
    const { user, system } = process.cpuUsage(before);
    const seconds = ((user + system) / 1e6 + (made.earlierSeconds ?? 0)).toFixed(0);
    const how = `Made by \`npm run evidence -- ${name}\`, ${seconds} s of processor time.`;
    const old = readFileSync(document, 'utf8');
    const whole = withSection(old, name, `${how}\n\n${made.text}`);
    const style = await resolveConfig(document);
    writeFileSync(document, await format(whole, { ...style, filepath: document }));
    says('done');
  }
} finally {
  await threads.close();
}
