import type { Cloud } from '../cloud.ts'
import { refusal } from '../errors.ts'

/** Holds an image's name to the rules: 2 to 128 characters, a letter first, no address, unique in the region. */
export function checkImageName(cloud: Cloud, name: string): void {
  const isFormed = /^\p{L}[\p{L}\p{N}:_.-]{1,127}$/u.test(name) && !/^(https?:\/\/|acs:|aliyun)/i.test(name)
  if (!isFormed) throw refusal('InvalidImageName.Malformed')
  const isTaken = Object.values(cloud.state.images).some((image) => image.name === name)
  if (isTaken) throw refusal('InvalidImageName.Duplicated')
}
