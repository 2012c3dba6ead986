/** What no words from outside may become: an order to the runner, or markup in a page. Used where attacks are tried. */

/** Whether the runner would obey a line of the log: `::set-output …`, `##[group]`. Annotations and masks are ours. */
export function isOrder(line: string): boolean {
  if (/^::(add-mask::|error |notice |debug::)/.test(line)) return false
  return /^\s*::|##\[/.test(line)
}

/** The first thing in a page that is markup, a link, a mention or a picture; code is shown as it is, between any ticks. */
export function markupIn(page: string): string | undefined {
  const fence = /^```mermaid/m.exec(page)
  const words = page.replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g, '')
  return (fence ?? /<script|<\/td>|(?<!\\)\]\(|@acme|https:\/\/evil/.exec(words))?.[0]
}
