/** What a serial console tells of a boot. */

/** What a system writes that does not come up any more, however long one waits. */
const HOPELESS = [
  /No bootable device/i,
  /Kernel panic - not syncing/,
  /VFS: Unable to mount root fs/,
  /^\s*grub( rescue)?>/m,
  /You are in (emergency|rescue) mode/,
  /Dropping to a shell/,
] as const

/** The line that says that this boot has failed; undefined while there is hope. */
export function hopelessLine(console: string): string | undefined {
  const lines = plain(console).split('\n')
  return lines.find((line) => HOPELESS.some((sign) => sign.test(line)))?.trim()
}

/** The last lines that say something, without colours and cursor moves. */
export function lastLines(console: string, most: number): readonly string[] {
  const lines = plain(console)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.slice(-most)
}

/** The text that a person would see: a terminal's own words are left out. */
function plain(console: string): string {
  return (
    console
      .replaceAll('\r', '\n')
      // eslint-disable-next-line no-control-regex
      .replace(/\u001b(\[[0-9;?]*[A-Za-z]|[()][A-Za-z0-9]|[c78=>])/g, '')
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, '')
  )
}
