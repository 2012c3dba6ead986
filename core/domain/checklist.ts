/** What is left to do by people once a migration is Completed (S18), in the order in which they should do it. */
export const CHECKLIST: Readonly<Record<string, string>> = {
  'Check the data': 'verify the newest image, start an instance of it, look at what matters',
  'Start services': 'those that do not start by themselves at boot',
  'Switch addresses':
    'the IP address has changed: update DNS (and the ICP filing), or keep the private address',
}
