/** A chart as Slack's own, or as bars of text. */
import type { Chart } from '../../../core/commands/reply.ts'
import { chartLines } from '../../../core/commands/chart.ts'
import type { Block, ChartBlock } from './blocks.ts'
import { codeSections, LIMITS } from './blocks.ts'
import { cut } from './text.ts'

/** `drawn`: as charts; of more than Slack takes in a message, the first. */
export function chartBlocks(charts: readonly Chart[], drawn: boolean): readonly Block[] {
  const shown = charts.slice(0, LIMITS.charts)
  return drawn ? shown.map(chartBlock) : shown.flatMap((chart) => codeSections(chartLines(chart)))
}

function chartBlock({ title, kind, unit, points, series }: Chart): ChartBlock {
  // The latest ones, where there are more than Slack draws.
  const from = Math.max(0, points.length - LIMITS.chartPoints)
  const categories = distinct(points.slice(from))
  const shown = series.slice(0, LIMITS.chartSeries)
  const names = distinct(shown.map(({ name }) => name))
  return {
    type: 'data_visualization',
    title: cut(title, LIMITS.chartTitle),
    chart: {
      type: kind === 'lines' ? 'line' : 'bar',
      series: shown.map(({ values }, nth) => ({
        name: names[nth] ?? '',
        data: categories.map((label, at) => ({ label, value: values[from + at] ?? 0 })),
      })),
      axis_config: { categories, y_label: cut(unit, LIMITS.chartTitle) },
    },
  }
}

/** Cut to what Slack takes, and still told apart: by their number, where the cut has made two of them the same. */
function distinct(labels: readonly string[]): readonly string[] {
  const short = labels.map((label) => cut(label, LIMITS.chartLabel))
  return short.map((label, at) =>
    short.indexOf(label) === short.lastIndexOf(label)
      ? label
      : cut(`${at + 1} ${labels[at] ?? ''}`, LIMITS.chartLabel),
  )
}
