/** Slack's charts as SVG, near enough to judge what one says. */
import { escapeHtml } from './mrkdwn.ts'

interface Chart {
  readonly title: string
  readonly chart: {
    readonly type: string
    readonly series: readonly {
      readonly name: string
      readonly data: readonly { readonly value: number }[]
    }[]
    readonly axis_config: { readonly categories: readonly string[]; readonly y_label?: string }
  }
}

const COLORS = ['#1264a3', '#2eb67d', '#ecb22e', '#e01e5a', '#36c5f0', '#611f69']
const [WIDTH, HEIGHT, LEFT, BELOW] = [560, 170, 42, 22]
const STEPS = 4

export function chartHtml(block: Chart): string {
  const { type, series, axis_config } = block.chart
  const { categories, y_label: unit = '' } = axis_config
  const most = niceTop(Math.max(...series.flatMap(({ data }) => data.map(({ value }) => value)), 0))
  const slot = (WIDTH - LEFT) / categories.length
  const x = (at: number): number => LEFT + slot * (at + 0.5)
  const y = (value: number): number => (HEIGHT - BELOW) * (1 - value / most) + 6
  const grid = Array.from({ length: STEPS + 1 }, (_, nth) => {
    const value = (most * nth) / STEPS
    return `<line x1="${LEFT}" x2="${WIDTH}" y1="${y(value)}" y2="${y(value)}"/><text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${Number(value.toPrecision(3))}</text>`
  }).join('')
  const labels = categories
    .map(
      (label, at) => `<text x="${x(at)}" y="${HEIGHT - 2}" text-anchor="middle">${escapeHtml(label)}</text>`,
    )
    .join('')
  const drawn = series
    .map(({ data }, nth) => {
      const color = COLORS[nth % COLORS.length]
      const points = data.map(({ value }, at) => [x(at), y(value)] as const)
      if (type === 'line')
        return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${points.map((point) => point.join()).join(' ')}"/>${points.map(([left, top]) => `<circle cx="${left}" cy="${top}" r="3" fill="${color}"/>`).join('')}`
      const wide = (slot * 0.7) / series.length
      return points
        .map(
          ([left, top]) =>
            `<rect x="${left - slot * 0.35 + wide * nth}" y="${top}" width="${wide - 1}" height="${Math.max(0, y(0) - top)}" fill="${color}"/>`,
        )
        .join('')
    })
    .join('')
  const legend = series
    .map(
      ({ name }, nth) =>
        `<span class="key" style="background:${COLORS[nth % COLORS.length]}"></span>${escapeHtml(name)}`,
    )
    .join(' &nbsp; ')
  return `<div class="chart"><div class="chart-title">${escapeHtml(block.title)} <span class="unit">${escapeHtml(unit)}</span></div><svg viewBox="0 0 ${WIDTH} ${HEIGHT}"><g class="grid">${grid}</g>${drawn}<g>${labels}</g></svg><div class="legend">${legend}</div></div>`
}

/** The next number of 1, 2, 4 or 8 times a power of ten. */
function niceTop(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4, 8, 10].find((step) => step * power >= value) ?? 10) * power
}
