/**
 * Drawing weights beside PyTorch, JAX and NumPy, all on two cores, in one run: single tensors in turn, one
 * draw of each library after the other, and whole parameter sets from the start of a process to the file on
 * the disk. Medians and their ratios go to bench/results/init.md.
 *
 *     npm run bench:init            python3, or the Python that STEPZERO_PYTHON names, draws for the others
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { scheme, specOf, type Options } from '../src/init/index.ts';
import { key } from '../src/random/index.ts';
import { openThreads } from '../src/threads/index.ts';

const RUNS = 9;
const THREADS = 2;
const python = process.env['STEPZERO_PYTHON'] ?? 'python3';
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'stepzero-bench-'));

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[list.length >> 1];

/** Seconds that a piece of work takes. */
function seconds(work: () => unknown): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** A Python process that draws on request, see init_peers.py. */
function openPeers(): { ask: (line: string) => Promise<string>; close: () => void } {
  const child = spawn(python, [join(import.meta.dirname, 'init_peers.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, OMP_NUM_THREADS: String(THREADS), MKL_NUM_THREADS: String(THREADS) },
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (line) => {
      child.stdin.write(`${line}\n`);
      const { done, value } = await answers.next();
      return done === true ? 'none' : value;
    },
    close: () => child.stdin.end(),
  };
}

interface Operation {
  readonly scheme: string;
  readonly options: Options;
  readonly n: number;
  /** What the issue of this benchmark asks of the ratio of their time to ours. */
  readonly targets: Readonly<Record<string, number>>;
}

const operations: readonly Operation[] = [
  { scheme: 'he_normal', options: {}, n: 4096, targets: { torch: 4, jax: 8 } },
  { scheme: 'uniform', options: { low: -0.05, high: 0.05 }, n: 4096, targets: { torch: 2 } },
  { scheme: 'truncated_normal', options: { std: 0.02 }, n: 4096, targets: { torch: 10 } },
  { scheme: 'orthogonal', options: {}, n: 4096, targets: { torch: 3, jax: 4.5 } },
];

const libraries = ['torch', 'jax', 'numpy'] as const;

const shown = (value: number): string => String(Number(value.toPrecision(3)));

function verdict(ratio: number, target: number | undefined): string {
  if (target === undefined) return `${shown(ratio)} ×`;
  return `${shown(ratio)} × (to reach: ${target}${ratio >= target ? '' : '; **missed**'})`;
}

/** The largest element of `|QᵀQ - I|` over some columns of a square Q. */
function orthogonality(data: ArrayLike<number>, n: number): number {
  const picked = Array.from({ length: 48 }, (_, i) => Math.floor((i * n) / 48));
  let worst = 0;
  for (const a of picked) {
    for (const b of [a, ...picked]) {
      let sum = a === b ? -1 : 0;
      for (let i = 0; i < n; i++) sum += data[i * n + a] * data[i * n + b];
      worst = Math.max(worst, Math.abs(sum));
    }
  }
  return worst;
}

async function tensors(): Promise<string[]> {
  const { kernels, close } = openThreads(THREADS);
  const peers = openPeers();
  const versions = new Map<string, string>();
  for (const library of libraries) {
    versions.set(library, await peers.ask(`${library} version 0`));
  }
  const present = libraries.filter((library) => versions.get(library) !== 'none');
  for (const library of libraries) {
    if (!present.includes(library))
      console.log(`${library}: not installed for ${python}, left out`);
  }
  const rows: string[] = [];
  for (const { scheme: name, options, n, targets } of operations) {
    const record = scheme(name);
    const spec = specOf([n, n], 'oi');
    const draw = () => record.draw(key(1), spec, options, kernels);
    const first = draw();
    const times = new Map<string, number[]>(
      ['stepzero', ...present].map((library) => [library, []]),
    );
    for (let run = 0; run < RUNS; run++) {
      // What a library's threads do for a while after their work shall not meet the next one.
      await sleep(50);
      times.get('stepzero')?.push(seconds(draw));
      for (const library of present) {
        await sleep(50);
        const answer = await peers.ask(`${library} ${name} ${n}`);
        if (answer === 'none') continue;
        times.get(library)?.push(Number(answer));
      }
    }
    const ours = median(times.get('stepzero') ?? []);
    const cells = libraries.map((library) => {
      const theirs = times.get(library);
      if (theirs === undefined || theirs.length === 0) return '–';
      const time = median(theirs);
      return `${shown(1000 * time)} ms, ${verdict(time / ours, targets[library])}`;
    });
    const note =
      name === 'orthogonal'
        ? `, ‖QᵀQ − I‖max ${orthogonality(first.data, n).toExponential(1)}`
        : '';
    rows.push(`| \`${name}\` ${n}² | ${shown(1000 * ours)} ms${note} | ${cells.join(' | ')} |`);
    console.log(rows.at(-1));
  }
  peers.close();
  await close();
  const heads = libraries.map((library) => `${library} ${versions.get(library)}`);
  return [
    `| tensor, float32 | StepZero | ${heads.join(' | ')} |`,
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ];
}

/** What the time of a draw consists of, measured without the others: the sentences below the table. */
async function bounds(): Promise<string> {
  const { kernels, close } = openThreads(THREADS);
  const n = 4096 ** 2;
  const out = new Float32Array(new SharedArrayBuffer(4 * n));
  const time = (work: () => void): number => {
    for (let warm = 0; warm < 5; warm++) work();
    return 1000 * median(Array.from({ length: RUNS }, () => seconds(work)));
  };
  const uniform = time(() => kernels.uniform(key(1), out, -1, 1));
  const normal = time(() => kernels.normal(key(1), out, 0, 0.02));
  const truncated = time(() => kernels.truncatedNormal(key(1), out, 0, 0.02, -2, 2));
  const fresh = time(() => new Float32Array(new SharedArrayBuffer(4 * n)).fill(1));
  const old = time(() => out.fill(1));
  const haar = time(() => kernels.haar(key(1), 4096, 4096, 'float32', out));
  await close();
  return [
    `What bounds the draws, into memory that is there, on ${THREADS} threads: uniform numbers take ${shown(uniform)} ms (most of it the ten rounds of Philox, whose 32-bit products WebAssembly has only two at a time, beside their unpacking), normal ones ${shown(normal)} ms, truncated ones ${shown(truncated)} ms.`,
    `The promise that float32 is the rounded float64 asks for logarithm, root, sine and cosine in float64, of which a 128-bit register holds two; PyTorch and JAX compute them in float32, eight or sixteen at a time, to other bits on other machines. A float32 formula would be a promise of another kind, and was not taken.`,
    `Memory that the system has to provide takes ${shown(fresh - old)} ms more for one thread to fill, for every library; here part of it is used again.`,
    `The (4/3) n³ operations of a Haar matrix take ${shown(haar)} ms without the tensor around it, ${shown(((4 / 3) * 4096 ** 3 * 1e-6) / haar)} GFlop/s of onnxruntime’s MatMul on float32, drawing, panels and waiting included.`,
  ].join(' ');
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scheme: string;
  readonly std: number | null;
}

/**
 * Prints the peak memory of the process in KiB as the last line of standard error, as Linux counts it from
 * its start (what `resourceUsage` says begins with the memory of the parent).
 */
const WATCH = `data:text/javascript,import{readFileSync}from'node:fs';process.on('exit',()=>console.error(/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status','utf8'))[1]))`;

function whole(label: string, text: string): string {
  const command = join(root, 'dist/bin/main.js');
  const { parameters } = JSON.parse(
    execFileSync(process.execPath, [command, 'advise', text, '--no-run', '--json'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    }),
  ) as { parameters: Entry[] };
  const drawn = parameters.filter((entry) => entry.scheme !== 'keep');
  const list = join(folder, 'parameters.json');
  writeFileSync(
    list,
    JSON.stringify(drawn.map(({ name, shape, scheme: law, std }) => [name, shape, law, std ?? 0])),
  );
  const [ourFile, theirFile] = [join(folder, 'ours.safetensors'), join(folder, 'theirs.pt')];
  let peak = 0;
  const ours = (): void => {
    const { stderr } = spawnSync(
      process.execPath,
      ['--import', WATCH, command, 'init', text, '--no-run', '-o', ourFile],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
    );
    peak = Math.max(peak, Number(stderr.trim().split('\n').at(-1)) * 1024);
  };
  const theirs = (): void => {
    execFileSync(python, [join(import.meta.dirname, 'init_whole.py'), list, theirFile], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
  };
  const hasTorch = spawnSync(python, ['-c', 'import torch']).status === 0;
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  for (let run = 0; run <= 7; run++) {
    for (const [which, work] of [
      ['ours', ours],
      ['theirs', theirs],
    ] as const) {
      if (which === 'theirs' && !hasTorch) continue;
      rmSync(which === 'ours' ? ourFile : theirFile, { force: true });
      const time = seconds(work);
      if (run > 0) times[which].push(time);
    }
  }
  const bytes = statSync(ourFile).size;
  const [a, b] = [median(times.ours), hasTorch ? median(times.theirs) : NaN];
  const row = `| ${label} | ${Math.round(bytes / 1e6)} MB | ${shown(a)} s | ${
    hasTorch ? `${shown(b)} s, ${verdict(b / a, 3)}` : '–'
  } | ${shown(peak / bytes)} |`;
  console.log(row);
  return row;
}

try {
  const single = await tensors();
  const limits = await bounds();
  const sets = [
    whole("ResNet-50's parameters", 'resnet:50'),
    whole("GPT-2 small's parameters", 'transformer:v50257-768x12h12-50257:t1024:tied'),
  ];
  const text = [
    '# Drawing weights beside the frameworks',
    '',
    `One run on ${THREADS} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}; every library may use both. Medians of ${RUNS} draws, one library after the other; machines are shared, so read the ratios: their time divided by ours. A draw makes a new tensor.`,
    '',
    ...single,
    '',
    limits,
    '',
    'Whole processes, from start to file, medians of 7 after one warm-up: `stepzero init … --no-run -o x.safetensors` beside a Python script that imports torch, draws the same laws into tensors of the same shapes and saves them with `torch.save`. Peak memory is that of our process, divided by the size of the file. A set is bounded, in this order, by drawing (nearly half of the time for GPT-2 small, by a profile), the start of Node and of the command, and the system that takes the file; of the time of torch about half is its import.',
    '',
    '| set | file | StepZero | torch | peak memory / weights |',
    '| --- | --- | --- | --- | --- |',
    ...sets,
    '',
  ].join('\n');
  mkdirSync(join(root, 'bench/results'), { recursive: true });
  writeFileSync(join(root, 'bench/results/init.md'), text);
  console.log(`\n${text}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
