/** Turns the cells of a run into results: medians over rounds, ratios to the base, percentiles of all samples. */
import { stamp } from '../machine.mjs';
import { pairedRatio, percentile, spread } from '../statistics.mjs';

/** The percentiles to keep, closer together in the tail. */
const PERCENTILES = [1, 10, 25, 50, 60, 70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 99, 99.5, 99.9];

/**
 * @param cells by scenario and contender, as `measure` returns them
 * @param options.base the contender that ratios refer to
 * @param options.packages those whose versions belong to the results
 */
export function resultsOf(cells, { contenders, scenarios, base, packages, mode }) {
  return {
    ...stamp(packages),
    mode,
    rounds: Math.max(...Object.values(cells).flatMap((row) => Object.values(row).map(({ length }) => length))),
    base,
    contenders: pick(contenders, (id) => Object.values(cells).some((row) => id in row), ['id', 'title']),
    scenarios: pick(scenarios, () => true, ['id', 'title', 'unit', mode]),
    cells: mapValues(cells, (row) => mapValues(row, (rounds) => summary(rounds, row[base] ?? []))),
  };
}

/** Describes every failure of a run. */
export function failuresOf({ cells }) {
  return Object.entries(cells).flatMap(([scenario, row]) =>
    Object.entries(row).flatMap(([contender, { failure }]) =>
      failure === null ? [] : [`${contender}, ${scenario}: ${failure}`],
    ),
  );
}

function summary(rounds, base) {
  const samples = rounds.flatMap(({ samples = [] }) => samples).sort((a, b) => a - b);
  return {
    failure: rounds.find(({ failure }) => failure !== null)?.failure ?? null,
    verified: rounds.reduce((sum, { failure, count }) => sum + (failure === null ? count : 0), 0),
    cpu: spread(rounds.map(cpuEach)),
    cpuByRound: rounds.map(cpuEach),
    ratio: pairedRatio(rounds.map(cpuEach), base.map(cpuEach)),
    broker: spread(rounds.map(brokerEach)),
    brokerRatio: pairedRatio(rounds.map(brokerEach), base.map(brokerEach)),
    perSecond: spread(rounds.map(perSecond)),
    heap: spread(rounds.map(field('heap'))),
    heapRatio: pairedRatio(rounds.map(field('heap')), base.map(field('heap'))),
    rss: spread(rounds.map(field('rss'))),
    latency: samples.length === 0 ? null : PERCENTILES.map((percent) => [percent, percentile(samples, percent)]),
  };
}

/** µs per operation, or `null` for a cell that could not be verified or has no such figure. */
const each = (name) => (cell) => (cell.failure === null && cell[name] !== undefined ? cell[name] / cell.count : null);
const cpuEach = each('cpu');
const brokerEach = each('broker');
const perSecond = ({ failure, wall, count }) => (failure === null && wall !== undefined ? count / (wall / 1000) : null);
const field = (name) => (cell) => (cell.failure === null && cell[name] !== undefined ? cell[name] : null);

function pick(list, isWanted, fields) {
  return list.filter(({ id }) => isWanted(id)).map((entry) => Object.fromEntries(fields.map((f) => [f, entry[f]])));
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
