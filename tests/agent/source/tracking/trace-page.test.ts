import { describe, expect, it } from 'vitest'
import { readLayout } from '../../../../agent/source/tracking/trace-format.ts'
import { readTracePage, type Ended } from '../../../../agent/source/tracking/trace-page.ts'

/** `events/header_page` and `events/block/block_rq_complete/format` of Linux 6.18 on x86-64. */
const HEADER_PAGE = `	field: u64 timestamp;	offset:0;	size:8;	signed:0;
	field: local_t commit;	offset:8;	size:8;	signed:1;
	field: int overwrite;	offset:8;	size:1;	signed:1;
	field: char data;	offset:16;	size:4080;	signed:0;
`
const FORMAT = `name: block_rq_complete
ID: 2107
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:dev_t dev;	offset:8;	size:4;	signed:0;
	field:sector_t sector;	offset:16;	size:8;	signed:0;
	field:unsigned int nr_sector;	offset:24;	size:4;	signed:0;
	field:int error;	offset:28;	size:4;	signed:1;
	field:unsigned short ioprio;	offset:32;	size:2;	signed:0;
	field:char rwbs[10];	offset:34;	size:10;	signed:0;
	field:__data_loc char[] cmd;	offset:44;	size:4;	signed:0;

print fmt: "%d,%d %s (%s)"
`
const layout = readLayout(HEADER_PAGE, FORMAT)
const LOOP0 = 7 * 2 ** 20

/** A page that a kernel wrote: a flush, an empty write, a discard, zeros written by the disk itself. */
const RECORDED =
  'c1149d8caa0f0000e0000000000000000d0000003b081000160000000000700000eaffffffffffffffffffff0000000000000000000046460000ffff40cca80430000100000000004d9100003b081101160000000000700000eaffff00000000000000000000000000000000044057530000ffff40cca8043000010000000000cdb7750a3b081000160000000000700000eaffff00080000000000000008000000000000044044530000ffff40cca80430000100000000002dfb62083b081000160000000000700000eaffff0020000000000000800000000000000004404e530000ffff40cca8043000010000000000'

function page(hex = RECORDED): Buffer {
  const bytes = Buffer.alloc(layout.pageBytes)
  Buffer.from(hex, 'hex').copy(bytes)
  return bytes
}

function told(bytes: Buffer): { readonly events: Ended[]; readonly isLost: boolean } {
  const events: Ended[] = []
  const isLost = readTracePage(bytes, layout, (ended) => events.push(ended))
  return { events, isLost }
}

/** A page of such records, each a type, the words that follow the first, and the length if it is told in a word. */
function built(...records: (readonly number[])[]): Buffer {
  const bytes = page('')
  let at = layout.data
  for (const words of records) for (const word of words) at = bytes.writeUInt32LE(word >>> 0, at)
  bytes.writeUInt32LE(at - layout.data, layout.commit.offset)
  return bytes
}

const WRITE = [2107, 1, LOOP0, 0, 256, 0, 8, 0, 0x57 << 16, 0, 0, 0]

describe('the layout of a trace', () => {
  it('is read from what the kernel says', () => {
    expect(layout).toMatchObject({ pageBytes: 4096, data: 16, id: 2107 })
    expect(layout.operation).toEqual({ offset: 34, size: 10 })
    expect(layout.sector).toEqual({ offset: 16, size: 8 })
  })

  it('is refused when a field is missing or of another size', () => {
    expect(() => readLayout(HEADER_PAGE, FORMAT.replace('nr_sector', 'sectors'))).toThrow(/nr_sector/)
    expect(() => readLayout(HEADER_PAGE, FORMAT.replace('offset:16;	size:8', 'offset:16;	size:4'))).toThrow(
      /field sector of 8 bytes/,
    )
    expect(() => readLayout('', FORMAT)).toThrow(/data/)
  })
})

describe('a page of a trace', () => {
  it('tells every request that the kernel recorded', () => {
    expect(told(page())).toEqual({
      events: [
        { device: LOOP0, sector: -1, sectors: 0, operation: 'FF' },
        { device: LOOP0, sector: 0, sectors: 0, operation: 'WS' },
        { device: LOOP0, sector: 2048, sectors: 2048, operation: 'DS' },
        { device: LOOP0, sector: 8192, sectors: 128, operation: 'NS' },
      ],
      isLost: false,
    })
  })

  it('is read past steps of time, records taken back, and those whose length stands apart', () => {
    const { events, isLost } = told(
      built([30, 7], [12, ...WRITE], [29 | (5 << 5), 8, 0], [31, 9], [0, 52, ...WRITE], [29]),
    )

    expect(isLost).toBe(false)
    expect(events.map(({ sector, operation }) => `${operation} ${sector}`)).toEqual(['W 256', 'W 256'])
  })

  it('leaves out events of other kinds', () => {
    expect(told(built([12, 4, ...WRITE.slice(1)])).events).toEqual([])
  })

  it('says when the kernel lost events before it', () => {
    const bytes = page()
    bytes.writeUInt32LE((bytes.readUInt32LE(8) | 0x8000_0000) >>> 0, 8)

    expect(told(bytes)).toMatchObject({ isLost: true, events: { length: 4 } })
  })

  it.each([
    ['longer than a page', [0xff_fff]],
    ['with a record that reaches beyond its end', [60]],
  ])('is not believed when it is %s', (_, [commit = 0]) => {
    const bytes = page()
    bytes.writeUInt32LE(commit, 8)

    expect(told(bytes).isLost).toBe(true)
  })

  it('is not believed with a record without length', () => {
    expect(told(built([0, 0])).isLost).toBe(true)
  })
})
