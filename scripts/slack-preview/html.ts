/** Block Kit as HTML, near enough to how Slack draws it to judge a message by. */
import type { Block } from '../../bot/slack/render/blocks.ts'
import { chartHtml } from './chart.ts'
import { escapeHtml, mrkdwnHtml } from './mrkdwn.ts'

/** As little of a block or element as is needed to draw it. */
type Loose = Readonly<Record<string, unknown>>

export interface Scene {
  readonly name: string
  readonly caption: string
  readonly kind: 'message' | 'own' | 'modal' | 'home'
  /** Of a modal. */
  readonly title?: string
  readonly submit?: string
  readonly blocks: readonly Block[]
  /** In the thread below it. */
  readonly thread?: readonly (readonly Block[])[]
}

export function pageOf(scenes: readonly Scene[]): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Ferry in Slack</title><style>${STYLE}</style>
<body>${scenes.map(sceneHtml).join('\n')}</body></html>`
}

export function sceneHtml(scene: Scene): string {
  const { kind, name, caption, title = '', submit } = scene
  const blocks = scene.blocks.map((block) => blockHtml(block as unknown as Loose)).join('')
  const body =
    kind === 'modal'
      ? `<div class="modal"><div class="modal-title">${escapeHtml(title)}<span class="x">×</span></div><div class="modal-body">${blocks}</div>${
          submit === undefined
            ? ''
            : `<div class="modal-foot"><span class="button">Close</span><span class="button primary">${escapeHtml(submit)}</span></div>`
        }</div>`
      : kind === 'home'
        ? `<div class="home">${blocks}</div>`
        : message(blocks, kind === 'own') + threadHtml(scene)
  return `<section class="scene" id="${name}"><p class="caption">${escapeHtml(caption)}</p>${body}</section>`
}

function message(blocks: string, isOwn: boolean): string {
  const own = isOwn ? '<div class="own">Only visible to you</div>' : ''
  return `<div class="message"><div class="avatar">F</div><div class="content">${own}<div class="who"><b>Ferry</b> <span class="app">APP</span> <span class="time">22:14</span></div>${blocks}</div></div>`
}

const threadHtml = ({ thread = [] }: Scene): string =>
  thread.length === 0
    ? ''
    : `<div class="thread">${thread
        .map((each) => message(each.map((block) => blockHtml(block as unknown as Loose)).join(''), false))
        .join('')}</div>`

const list = (value: unknown): readonly Loose[] => (Array.isArray(value) ? (value as Loose[]) : [])
const textOf = (value: unknown): string => {
  const { type, text } = (value ?? {}) as { type?: string; text?: string }
  return type === 'mrkdwn' ? mrkdwnHtml(text ?? '') : escapeHtml(text ?? '')
}

function blockHtml(block: Loose): string {
  const draw = BLOCKS[String(block['type'])]
  return draw === undefined ? `<div class="unknown">${escapeHtml(String(block['type']))}</div>` : draw(block)
}

const BLOCKS: Readonly<Record<string, (block: Loose) => string>> = {
  header: ({ text }) => `<h2>${textOf(text)}</h2>`,
  divider: () => '<hr>',
  section: ({ text, accessory }) =>
    `<div class="section"><div>${textOf(text)}</div>${accessory === undefined ? '' : elementHtml(accessory as Loose)}</div>`,
  context: ({ elements }) => `<div class="context">${list(elements).map(textOf).join(' ')}</div>`,
  actions: ({ elements }) => `<div class="actions">${list(elements).map(elementHtml).join('')}</div>`,
  input: ({ label, hint, element, optional }) =>
    `<div class="input"><label>${textOf(label)}${optional === true ? ' <span class="optional">(optional)</span>' : ''}</label>${elementHtml(element as Loose)}${
      hint === undefined ? '' : `<div class="hint">${textOf(hint)}</div>`
    }</div>`,
  alert: ({ text, level }) => `<div class="alert ${String(level)}">${textOf(text)}</div>`,
  data_table: ({ rows, caption, page_size }) => {
    const [head, ...body] = (rows as Loose[][] | undefined) ?? []
    const cells = (row: readonly Loose[] | undefined, tag: string): string =>
      (row ?? []).map((cell) => `<${tag}>${textOf(cell)}</${tag}>`).join('')
    const most = Number(page_size)
    const more =
      body.length > most ? `<div class="pager">1–${most} of ${body.length} &nbsp; ‹ &nbsp; ›</div>` : ''
    return `<div class="table"><div class="table-caption">${escapeHtml(String(caption))}</div><table><tr>${cells(head, 'th')}</tr>${body
      .slice(0, most)
      .map((row) => `<tr>${cells(row, 'td')}</tr>`)
      .join('')}</table>${more}</div>`
  },
  data_visualization: (block) => chartHtml(block as unknown as Parameters<typeof chartHtml>[0]),
  plan: ({ title, tasks }) =>
    `<div class="plan"><div class="plan-title">${escapeHtml(String(title))}</div>${list(tasks)
      .map((task) => BLOCKS['task_card']?.(task) ?? '')
      .join('')}</div>`,
  task_card: ({ title, status, details }) =>
    `<div class="task ${String(status)}"><span class="mark">${TASK_MARKS[String(status)] ?? ''}</span><div>${escapeHtml(String(title))}${
      details === undefined ? '' : `<div class="details">${richText(details as Loose)}</div>`
    }</div></div>`,
  rich_text: (block) => `<div class="section">${richText(block)}</div>`,
}

const TASK_MARKS: Readonly<Record<string, string>> = {
  pending: '○',
  in_progress: '◐',
  complete: '✓',
  error: '✕',
}

function richText({ elements }: Loose): string {
  return list(elements)
    .flatMap((each) => list(each['elements']))
    .map(({ text }) => escapeHtml(typeof text === 'string' ? text : ''))
    .join('')
}

function elementHtml(element: Loose): string {
  const { type, text, style, placeholder, options, initial_option, initial_options, initial_value } = element
  switch (type) {
    case 'button':
      return `<span class="button ${typeof style === 'string' ? style : ''}">${textOf(text)}</span>`
    case 'static_select':
    case 'external_select':
      return `<span class="select">${textOf((initial_option as Loose | undefined)?.['text'] ?? placeholder)}<span class="caret">▾</span></span>`
    case 'plain_text_input':
      return `<span class="field">${
        typeof initial_value === 'string'
          ? escapeHtml(initial_value)
          : `<span class="empty">${textOf(placeholder)}</span>`
      }</span>`
    case 'checkboxes':
      return list(options)
        .map(
          (option) =>
            `<div class="check"><span class="box">${list(initial_options).length > 0 ? '✓' : ''}</span>${textOf(option['text'])}</div>`,
        )
        .join('')
    default:
      return `<span class="unknown">${escapeHtml(String(type))}</span>`
  }
}

const STYLE = `
*{box-sizing:border-box}
body{margin:0;padding:24px;background:#fff;color:#1d1c1d;font:15px/1.46 Lato,"Helvetica Neue",Arial,"Noto Color Emoji",sans-serif;max-width:1150px}
.scene{margin-bottom:32px}.caption{color:#616061;font-size:13px;margin:0 0 8px}
.message{display:flex;gap:10px;padding:4px 0}.avatar{width:36px;height:36px;border-radius:6px;background:#14324a;color:#fff;display:flex;align-items:center;justify-content:center;font-size:20px;flex:none}
.content{flex:1;min-width:0;max-width:760px}.who{margin-bottom:2px}.app{background:#eee;color:#616061;font-size:10px;padding:1px 3px;border-radius:2px}.time{color:#616061;font-size:12px}
.own{color:#616061;font-size:12px;margin-bottom:2px}
.thread{margin-left:46px;border-left:2px solid #ddd;padding-left:12px}
.section{display:flex;justify-content:space-between;gap:16px;margin:4px 0}.section>div{min-width:0;flex:1;overflow-wrap:anywhere}
.context{color:#616061;font-size:13px;margin:4px 0}
h2{font-size:18px;margin:6px 0}hr{border:0;border-top:1px solid #ddd;margin:12px 0}
pre{font:12px/1.5 "DejaVu Sans Mono",Menlo,monospace;background:#f8f8f8;border:1px solid #ddd;border-radius:4px;padding:8px;margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere}
code{font:12px "DejaVu Sans Mono",Menlo,monospace;color:#c01343;background:#f8f8f8;border:1px solid #ddd;border-radius:3px;padding:1px 3px}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}
.button{display:inline-block;border:1px solid #bbb;border-radius:4px;padding:4px 12px;font-weight:700;font-size:13px;background:#fff;white-space:nowrap;height:30px}
.button.primary{background:#007a5a;color:#fff;border-color:#007a5a}.button.danger{background:#e01e5a;color:#fff;border-color:#e01e5a}
.select{display:inline-flex;gap:12px;justify-content:space-between;border:1px solid #bbb;border-radius:4px;padding:4px 10px;font-size:13px;min-width:150px;height:30px}.caret{color:#616061}
.input{margin:12px 0}.input label{display:block;font-weight:700;margin-bottom:4px}.optional{font-weight:400;color:#616061}.hint{color:#616061;font-size:13px;margin-top:2px}
.input .select,.field{display:flex;width:100%;border:1px solid #868686;border-radius:4px;padding:6px 10px;min-height:36px;height:auto;font-size:15px}.empty{color:#868686}
.check{display:flex;gap:8px;align-items:flex-start}.box{width:16px;height:16px;border:1px solid #868686;border-radius:3px;font-size:12px;line-height:14px;text-align:center;flex:none;margin-top:3px}
.modal{width:520px;border:1px solid #ddd;border-radius:8px;box-shadow:0 6px 24px #0003}.modal-title{padding:16px 20px;font-size:20px;font-weight:900;border-bottom:1px solid #ddd}.x{float:right;color:#616061;font-weight:400}
.modal-body{padding:12px 20px}.modal-foot{display:flex;justify-content:flex-end;gap:8px;padding:12px 20px;border-top:1px solid #ddd}
.home{border:1px solid #ddd;border-radius:8px;padding:12px 20px}
.table{border:1px solid #ddd;border-radius:6px;overflow:hidden;margin:6px 0}.table-caption{padding:6px 10px;font-weight:700;font-size:13px;background:#f8f8f8;border-bottom:1px solid #ddd}
table{border-collapse:collapse;width:100%;font-size:12.5px}th,td{text-align:left;padding:5px 8px;border-bottom:1px solid #eee;vertical-align:top}th{color:#616061}
.pager{padding:6px 10px;color:#616061;font-size:13px}
.chart{border:1px solid #ddd;border-radius:8px;margin:6px 0;padding:8px 12px}.chart-title{font-weight:700;font-size:13px}.unit{color:#616061;font-weight:400}.chart svg{width:100%;max-width:620px;font-size:10px;fill:#616061}.grid line{stroke:#eee}.legend{font-size:12px;color:#616061}.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:4px}
.plan{border:1px solid #ddd;border-radius:8px;margin:6px 0;padding:6px 0}.plan-title{font-weight:700;padding:4px 12px}
.task{display:flex;gap:10px;padding:4px 12px}.task .mark{width:18px;height:18px;line-height:17px;text-align:center;border-radius:50%;flex:none;font-size:12px;margin-top:2px;border:1px solid #bbb;color:#616061}
.task.complete .mark{background:#007a5a;border-color:#007a5a;color:#fff}.task.in_progress .mark{background:#ecb22e;border-color:#ecb22e;color:#fff}.task.error .mark{background:#e01e5a;border-color:#e01e5a;color:#fff}
.details{color:#616061;font-size:13px}
.dot{display:inline-block;width:17px;height:17px;line-height:16px;border-radius:50%;color:#fff;font-size:12px;font-weight:700;text-align:center;vertical-align:1px}.amber{background:#d9971c}.blue{background:#1264a3}.green{background:#007a5a}.red{background:#e01e5a}.grey{background:#999}
td:first-child,th{white-space:nowrap}
.unknown{color:#e01e5a}
`
