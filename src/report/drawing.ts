/** The colours of a drawing. */
export interface Palette {
  readonly ink: string;
  readonly line: string;
  readonly paper: string;
  readonly before: string;
  readonly after: string;
}

/** The house's colours on white, on black, and as CSS variables of a page around. */
export const palettes: Readonly<Record<'light' | 'dark' | 'page', Palette>> = {
  light: {
    ink: '#4d5562',
    line: '#d9dde3',
    paper: '#ffffff',
    before: '#b4540a',
    after: '#0b62c4',
  },
  dark: {
    ink: '#a9b1be',
    line: '#333a45',
    paper: '#14171c',
    before: '#f0a04b',
    after: '#79b8ff',
  },
  page: {
    ink: 'var(--soft)',
    line: 'var(--line)',
    paper: 'var(--paper)',
    before: 'var(--before)',
    after: 'var(--after)',
  },
};

/** The font of every drawing. */
export const font: string = 'system-ui, sans-serif';

/** Apache ECharts with what the drawings need, loaded when the first is made. */
export const loadCharts = async (): Promise<typeof import('echarts/core')> => {
  const [core, charts, components, renderers] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  core.use([
    charts.CustomChart,
    charts.LineChart,
    charts.ScatterChart,
    components.GridComponent,
    components.LegendComponent,
    components.GraphicComponent,
    renderers.SVGRenderer,
  ]);
  return core;
};

/** The drawing alone: without ids, clipping, hover rules, data marks and invisible targets. */
export const clean = (svg: string): string =>
  svg
    .replace(/<(style|defs)\s*>[\s\S]*?<\/\1>/g, '')
    .replace(/<path [^>]*fill-opacity="0"[^>]*><\/path>/g, '')
    .replace(/ (?:class|clip-path|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/ (?:baseProfile|version|xmlns:xlink)="[^"]*"/g, '')
    .replaceAll(' fill="#000"', ' fill="none"')
    .replace(/<[^>]*>/g, (tag) => tag.replace(/(\d\.\d{2})\d+/g, '$1'))
    .replace(/\n\s*/g, '');
