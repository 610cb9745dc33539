import { extname } from 'node:path';
import { writeModelFile } from '../files/index.ts';
import { editModel } from '../graph/index.ts';
import { creluEdit } from '../network/index.ts';
import { printable } from '../report/index.ts';
import { UsageError } from './failure.ts';
import { loadModel, readPlaces, stemOf } from './load.ts';
import { checkPlaces } from './places.ts';
import { printJson, printText } from './print.ts';
import { progress } from './progress.ts';

/** Options of `transform`. */
export interface TransformOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Changes a network, writes it, and says what became of it. */
export async function runTransform(
  transform: string,
  text: string,
  { out, json }: TransformOptions,
): Promise<void> {
  const bar = progress();
  try {
    bar.say(`Reading ${text}`);
    const loaded = loadModel(text);
    const { label, model, path } = loaded;
    const output = out ?? `${stemOf(loaded)}.${transform}.onnx`;
    if (extname(output) !== '.onnx') {
      throw new UsageError(`--out: must end in .onnx, got ${output}`);
    }
    checkPlaces([{ option: '--out', path: output }], readPlaces(loaded));
    const edit = creluEdit(model.graph);
    const changed = editModel(model, edit);
    bar.say(`Writing ${output}`);
    await writeModelFile(output, changed, new Map(), path === null ? {} : { source: path });
    bar.end();
    const { rectifiers, plain, widened } = edit;
    if (json === true) {
      printJson({ version: 1, model: label, transform, rectifiers, plain, widened, output });
      return;
    }
    printText(`${label}: ${count(rectifiers.length, 'ReLU')} concatenated with that of -x`);
    if (plain.length > 0) {
      printText(`${count(plain.length, 'ReLU')} with no layer behind: as before`);
    }
    for (const { name, before, after } of widened) {
      printText(`  ${printable(name)}  [${before.join()}] → [${after.join()}]`);
    }
    printText(`Wrote ${printable(output)}, which computes what the model did`);
  } finally {
    bar.end();
  }
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
