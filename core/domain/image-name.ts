/** The names of images: a pattern with places that each sync fills, held to the rules of the cloud. */

/** Unique also when a job of the same name comes again: `{id}` is the job's own. */
export const DEFAULT_IMAGE_NAME = 'ferry-{job}-{number}-{id}'

/** What a place is filled with, and the longest that can be. */
const PLACES = {
  job: { meaning: 'the job’s name', longest: `j${'x'.repeat(39)}` },
  number: { meaning: 'the sync’s number', longest: '999999' },
  date: { meaning: 'the day on which the sync began, 20261124', longest: '20261124' },
  id: { meaning: 'eight characters that no other job has', longest: '1a2b3c4d' },
} as const
type Place = keyof typeof PLACES

const MOST_CHARACTERS = 128

/** The name of the image of a sync. `startedAt`: when the sync began, so that a repetition gives the same name. */
export function imageName(
  pattern: string,
  of: { readonly job: string; readonly jobId: string; readonly number: number; readonly startedAt: Date },
): string {
  return fill(pattern, {
    job: of.job,
    number: String(of.number),
    date: of.startedAt.toISOString().slice(0, 10).replaceAll('-', ''),
    id: ownId(of.jobId),
  })
}

/** A name that somebody else has in this region, with the job's own id behind it; cut where it would be too long. */
export function uniqueName(taken: string, jobId: string): string {
  const ending = `-${ownId(jobId)}`
  return taken.slice(0, MOST_CHARACTERS - ending.length) + ending
}

const ownId = (jobId: string): string => jobId.replaceAll('-', '').slice(0, 8)

/**
 * What is wrong with a pattern, as the end of a sentence; undefined when each of its names will do: 2 to 128
 * characters, a letter first, no name that the cloud keeps for itself, another one for each sync. `job`: the name of
 * the job when it is known; else the longest there can be.
 */
export function imageNameProblem(pattern: string, job: string = PLACES.job.longest): string | undefined {
  for (const [, place = ''] of pattern.matchAll(/\{([^{}]*)\}/g))
    if (!Object.hasOwn(PLACES, place)) return `has the place {${place}}; there are ${placeWords()}`
  if (!pattern.includes('{number}')) return 'lacks {number}: each sync’s image needs a name of its own'
  if (!pattern.includes('{job}') && !pattern.includes('{id}'))
    return 'lacks {job} or {id}: no two jobs may give the same name'
  const longest = fill(pattern, {
    job,
    number: PLACES.number.longest,
    date: PLACES.date.longest,
    id: PLACES.id.longest,
  })
  if (!/^[A-Za-z]/.test(longest)) return 'does not begin with a letter'
  if (/^(https?:|acs:|aliyun)/i.test(longest)) return 'begins with what the cloud keeps for itself'
  if (!/^[A-Za-z0-9:_.-]*$/.test(longest))
    return 'has other characters than letters, digits, colon, dot, dash and underscore'
  if (longest.length > MOST_CHARACTERS)
    return `can give ${longest.length} characters; ${MOST_CHARACTERS} are allowed`
  return undefined
}

const fill = (pattern: string, values: Readonly<Record<Place, string>>): string =>
  pattern.replace(/\{(job|number|date|id)\}/g, (_, place: Place) => values[place])

function placeWords(): string {
  return (Object.keys(PLACES) as Place[]).map((place) => `{${place}} (${PLACES[place].meaning})`).join(', ')
}
