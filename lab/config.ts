/** What the lab takes from its surroundings; the only reader of the environment in this folder. */
export const hostPath = process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin'
