/** The parts of the traffic that server and clients agree on. */

/** The password of the namespace `/door`. */
export const PASSWORD = 'open sesame';

/** The answer to the event `large`, 100 kB. */
export const LARGE = 'x'.repeat(100_000);

export const ROOMS = Array.from({ length: 20 }, (_, i) => `room ${i}`);

/** The room in which floods are posted, in addition to the others. Healthy clients do not join it. */
export const NOISE = 'noise';
