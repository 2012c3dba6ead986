/** How the kernel lays out its binary trace, as it says itself: fields differ between versions and machines. */

/** Where a field lies in its record, in bytes. */
export interface Field {
  readonly offset: number
  readonly size: number
}

export interface TraceLayout {
  /** Bytes that one read gives: a page, its header included. */
  readonly pageBytes: number
  /** The header's word with the length of the page's data, and where the data begins. */
  readonly commit: Field
  readonly data: number
  /** Number of the event `block_rq_complete`; every record says which event it is. */
  readonly id: number
  readonly type: Field
  readonly device: Field
  readonly sector: Field
  readonly sectors: Field
  readonly operation: Field
}

/** `field:sector_t sector;	offset:16;	size:8;	signed:0;` for every field, by its name without `[10]`. */
function fieldsOf(text: string): Map<string, Field> {
  const lines = text.matchAll(/field:\s*([^;]+);\s*offset:(\d+);\s*size:(\d+);/g)
  return new Map(
    Array.from(lines, ([, declared = '', offset, size]) => [
      declared
        .replace(/\[.*\]$/, '')
        .split(/[\s*]+/)
        .at(-1) ?? '',
      { offset: Number(offset), size: Number(size) },
    ]),
  )
}

/**
 * Reads `events/header_page` and `events/block/block_rq_complete/format`. Throws an Error that names what this kernel
 * lacks.
 */
export function readLayout(headerPage: string, format: string): TraceLayout {
  const page = fieldsOf(headerPage)
  const event = fieldsOf(format)
  const need = (fields: Map<string, Field>, name: string, sizes: readonly number[]): Field => {
    const field = fields.get(name)
    if (field === undefined || !sizes.includes(field.size))
      throw new Error(`the kernel's trace has no field ${name} of ${sizes.join(' or ')} bytes`)
    return field
  }
  const id = /^ID: (\d+)$/m.exec(format)?.[1]
  if (id === undefined) throw new Error('the kernel does not say the number of its event')
  const data = page.get('data')
  if (data === undefined) throw new Error("the kernel's trace has no field data")
  const operation = event.get('rwbs')
  if (operation === undefined) throw new Error("the kernel's trace has no field rwbs")
  return {
    pageBytes: data.offset + data.size,
    commit: need(page, 'commit', [4, 8]),
    data: data.offset,
    id: Number(id),
    type: need(event, 'common_type', [2]),
    device: need(event, 'dev', [4]),
    sector: need(event, 'sector', [8]),
    sectors: need(event, 'nr_sector', [4]),
    operation,
  }
}
